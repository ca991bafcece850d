// Several replies as one sequence: in order, each once, the last one last. What was not heard is read where it is stored.
import { NotPermitted, PartMissing } from "../../protocol/errors.js";
import type { Arrivals, ManyReply, PartReply } from "./arrivals.js";

/** Stored parts from a number on, without a gap; as many as one look gives. Up to `known` they are known to exist. */
export type ReadParts = (from: number, known: number) => Promise<PartReply[]>;

export interface Limits {
  /** Milliseconds between one reply and the next. */
  stallMs?: number | undefined;
  /** Most replies; then the sequence ends, complete or not. */
  maximum?: number | undefined;
}

/**
 * Ends after the last reply, after `maximum` replies, and when the arrivals are stopped.
 * @throws PartMissing where a part is not to be had any more, and the arrivals' error. What came before is given first.
 */
export async function* inOrder(
  arrivals: Arrivals,
  read: ReadParts | undefined,
  { stallMs, maximum = Number.POSITIVE_INFINITY }: Limits,
  onStall: () => void,
): AsyncGenerator<ManyReply, void, undefined> {
  let stall: number | undefined;
  for (let next = 1; next <= maximum; ) {
    const known = Math.min(arrivals.known, arrivals.last?.parts ?? arrivals.known);
    const part = next <= known ? arrivals.take(next) : undefined;
    if (part) {
      yield part;
      next++;
      stall = stallMs;
    } else if (next <= known || arrivals.takeLook()) {
      await fill(arrivals, read, next, known);
    } else if (arrivals.last) {
      yield { ...arrivals.last, last: true, parts: next - 1 };
      return;
    } else if (arrivals.error) throw arrivals.error;
    else if (arrivals.stopped) return;
    else if (!(await arrivals.more(stall))) {
      stall = undefined;
      onStall();
    }
  }
}

/** @throws PartMissing when part `next` of those that are known is neither here nor stored. */
async function fill(arrivals: Arrivals, read: ReadParts | undefined, next: number, known: number) {
  const missing = next <= known;
  const found = read ? await look(arrivals, read, next, known) : [];
  for (const part of found) arrivals.part(part);
  if (found.length > 0)
    arrivals.lookAgain(); // one look gives so many, and there may be more
  else if (missing) throw new PartMissing(`Part ${next} of ${known} ${whyMissing(arrivals, read)}.`);
}

function whyMissing(arrivals: Arrivals, read: ReadParts | undefined): string {
  if (read) return "was not received, and is not stored (any more)";
  return arrivals.overflowed
    ? "could not be kept, because too many before it were still unread, and an inbox stores none; read faster, or use a mailbox"
    : "was not received, and an inbox stores none; use a mailbox";
}

/**
 * Who only makes sure that nothing was missed, and may not read, has missed nothing that is known of. Where more may come, a look
 * that fails is no loss either: a gap shows with the next part, and the end, also one that came during this look, has it look again.
 */
async function look(arrivals: Arrivals, read: ReadParts, next: number, known: number): Promise<PartReply[]> {
  const over = arrivals.last !== undefined || arrivals.stopped;
  try {
    return await read(next, known);
  } catch (error) {
    if (next <= known || (over && !(error instanceof NotPermitted))) throw error;
    return [];
  }
}
