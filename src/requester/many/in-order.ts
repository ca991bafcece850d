// Several replies as one sequence: in order, each once, the last one last. What was not heard is read where it is stored.
import { PartMissing } from "../../protocol/errors.js";
import type { Arrivals, ManyReply, PartReply } from "./arrivals.js";

/** Stored parts from this number on, without a gap; as many as one look gives. */
export type ReadParts = (from: number) => Promise<PartReply[]>;

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
  const found = read ? await look(read, next, missing) : [];
  for (const part of found) arrivals.part(part);
  if (found.length > 0)
    arrivals.lookAgain(); // one look gives so many, and there may be more
  else if (missing) {
    const why = read ? "and is not stored (any more)" : "and an inbox stores none; use a mailbox";
    throw new PartMissing(`Part ${next} of ${known} was not received, ${why}.`);
  }
}

/** Who only makes sure that nothing was missed, and may not read, has missed nothing that is known of. */
async function look(read: ReadParts, next: number, missing: boolean): Promise<PartReply[]> {
  try {
    return await read(next);
  } catch (error) {
    if (missing) throw error;
    return [];
  }
}
