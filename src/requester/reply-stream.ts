// The replies to one request as they come: parts by number, the last one, and why there will be no more.

import type { MsgHdrs, NatsConnection } from "@nats-io/nats-core";
import { answerMs } from "../connection/flush.js";
import { jetStreamManager } from "../connection/jetstream.js";
import { NotPermittedError, PartMissingError } from "../protocol/errors.js";
import type { Status } from "../protocol/events.js";
import { headersOfReply, Payload, partSubject, type Reply, type ReplyMessage } from "../protocol/headers.js";
import { fromClientError } from "../protocol/server-error.js";
import { readReplyBySchema, requireSchema, type StandardSchema } from "../protocol/standard-schema.js";
import type { QueueNames } from "../protocol/subjects.js";
import type { Handle } from "./handle.js";
import { asMessage, readLast, replyPlace } from "./stored-reply.js";

/** One of several replies, before the last. */
export interface PartReply<Json = unknown> {
  readonly last: false;
  /** Counts from 1. */
  readonly part: number;
  readonly data: Uint8Array;
  /** Its headers: those of its handler, of the kit and of the server. */
  readonly headers: MsgHdrs;
  /** The payload as text. Bytes that are not UTF-8 show as U+FFFD. */
  readonly text: string;
  /** The payload as JSON. @throws UnreadablePayloadError when the payload is not JSON, or does not match its `part` schema. */
  json<T = Json>(): T;
}

/** The reply that ends the request: what its handler returned, or why it did not. */
export interface LastReply<Json = unknown> extends Reply<Json> {
  readonly last: true;
  /** How many parts came before it. */
  readonly parts: number;
  /** Its sequence in the reply stream, when it was read there. */
  readonly sequence?: number | undefined;
}

/** One of several replies: a part, or the last reply. */
export type ManyReply<Part = unknown, Output = unknown> = PartReply<Part> | LastReply<Output>;

/** Schemas of several replies, of any library with Standard Schema v1: `reply.json()` returns what its schema makes of the payload. */
export interface ManySchemas<Part = unknown, Output = unknown> {
  /** Of each reply before the last. */
  part?: StandardSchema<unknown, Part>;
  /** Of the last reply, if its status is `ok`. */
  output?: StandardSchema<unknown, Output>;
}

/** @throws InvalidInputError when a schema is none. */
export function requireSchemas({ part, output }: ManySchemas): void {
  if (part) requireSchema("part", part);
  if (output) requireSchema("output", output);
}

/** The same replies, each read by its schema. */
export async function* readBySchemas<Part, Output>(
  replies: AsyncIterable<ManyReply>,
  { part, output }: ManySchemas<Part, Output>,
): AsyncGenerator<ManyReply<Part, Output>, void, undefined> {
  for await (const reply of replies) {
    const schema = reply.last ? output : part;
    if (schema) await readReplyBySchema(reply, schema);
    yield reply as ManyReply<Part, Output>;
  }
}

class Part extends Payload implements PartReply {
  readonly last = false;
  readonly part: number;

  readonly #msg: ReplyMessage;

  constructor(part: number, msg: ReplyMessage) {
    super(msg.data);
    this.part = part;
    this.#msg = msg;
  }

  get headers(): MsgHdrs {
    return headersOfReply(this.#msg);
  }
}

class Last extends Payload implements LastReply {
  readonly last = true;
  readonly status: Status;
  readonly parts: number;
  readonly sequence: number | undefined;
  readonly #reply: Reply;

  constructor(reply: Reply & { readonly sequence?: number }, parts: number) {
    super(reply.data);
    this.#reply = reply;
    this.status = reply.status;
    this.parts = parts;
    this.sequence = reply.sequence;
  }

  get headers(): MsgHdrs {
    return this.#reply.headers;
  }
}

export const asPart = (part: number, msg: ReplyMessage): PartReply => new Part(part, msg);

export const asLast = (reply: Reply, parts: number): LastReply => new Last(reply, parts);

/** Beyond this many, parts that can be read again are not kept while their reader is busy; others are lost. */
const most = { stored: 1_000, heardOnce: 10_000 };
/** Bytes of unread parts, by the same rule. */
const mostBytes = 64 * 1024 * 1024;

export class Arrivals {
  readonly #parts = new Map<number, PartReply>();
  readonly #readable: boolean;
  /** The number of the part that was taken last: what comes again, because its handler ran again, is not kept. */
  #taken = 0;
  #bytes = 0;
  #wake = () => {};
  #onFail: (error: Error) => void = () => {};
  /** Resolves with the error, when there is one. */
  readonly failed = new Promise<Error>((resolve) => {
    this.#onFail = resolve;
  });
  #look = false;
  /** The highest number of a part that is known to exist. */
  known = 0;
  last: Reply | undefined;
  error: Error | undefined;
  /** The reader takes what is there, and then ends. */
  stopped = false;
  /** Parts that are stored nowhere arrived faster than they were read. */
  overflowed = false;

  /** `readable`: what is not heard can be read from where it is stored. */
  constructor(readable: boolean) {
    this.#readable = readable;
  }

  part(part: PartReply): void {
    this.known = Math.max(this.known, part.part);
    if (part.part > this.#taken && !this.#parts.has(part.part)) this.#keep(part);
    this.#wake();
  }

  #keep(part: PartReply): void {
    const room = this.#parts.size < (this.#readable ? most.stored : most.heardOnce);
    // The one that is read next always has room, whatever its size.
    if (part.part === this.#taken + 1 || (room && this.#bytes < mostBytes)) {
      this.#parts.set(part.part, part);
      this.#bytes += part.data.length;
    } else if (!this.#readable) this.overflowed = true;
  }

  end(reply: Reply): void {
    this.last = reply;
    // Who ended it did not know how many there are, e.g. because an attempt before it had crashed.
    if (reply.parts === undefined) this.#look = true;
    else this.known = Math.max(this.known, reply.parts);
    this.#wake();
  }

  fail(error: Error): void {
    this.error ??= error;
    this.#onFail(this.error);
    this.#wake();
  }

  /** Something may have been missed: a break in the connection, or a request that was sent before. */
  lookAgain(): void {
    this.#look = true;
    this.#wake();
  }

  stop(): void {
    this.stopped = true;
    this.#wake();
  }

  take(index: number): PartReply | undefined {
    const part = this.#parts.get(index);
    if (!part) return undefined;
    this.#parts.delete(index);
    this.#bytes -= part.data.length;
    this.#taken = index;
    return part;
  }

  /** Whether to look; asked again, no. */
  takeLook(): boolean {
    const look = this.#look;
    this.#look = false;
    return look;
  }

  /** Resolves with true as soon as something changes, with false after `stallMs` without that. */
  more(stallMs?: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = stallMs === undefined ? undefined : setTimeout(() => done(false), stallMs);
      const done = (changed: boolean) => {
        clearTimeout(timer);
        this.#wake = () => {};
        resolve(changed);
      };
      this.#wake = () => done(true);
    });
  }
}

// Several replies as one sequence: in order, each once, the last one last. What was not heard is read where it is stored.

/** Stored parts from a number on, without a gap; as many as one look gives. Up to `known` they are known to exist. */
type ReadParts = (from: number, known: number) => Promise<PartReply[]>;

export interface Limits {
  /** Milliseconds between one reply and the next. */
  stallMs?: number | undefined;
  /** Most replies; then the sequence ends, complete or not. */
  maximum?: number | undefined;
}

/** `endMs`: milliseconds from its begin after which an error ends the sequence without a further look. Default: never. */
interface TimedLimits extends Limits {
  endMs?: number | undefined;
}

/**
 * Ends after the last reply, after `maximum` replies, and when the arrivals are stopped.
 * @throws PartMissingError where a part is not to be had any more, and the arrivals' error. What came before is given first.
 */
export async function* inOrder(
  arrivals: Arrivals,
  read: ReadParts | undefined,
  { stallMs, endMs, maximum = Number.POSITIVE_INFINITY }: TimedLimits,
  onStall: () => void,
): AsyncGenerator<ManyReply, void, undefined> {
  const until = endMs === undefined ? undefined : performance.now() + endMs;
  let stall: number | undefined;
  for (let next = 1; next <= maximum; ) {
    const count = arrivals.last?.parts;
    const known = Math.min(arrivals.known, count ?? arrivals.known);
    // An earlier attempt may have stored more parts than the last reply counts: those are not given, and looking for them has no end.
    const complete = count !== undefined && next > count;
    const part = next <= known ? arrivals.take(next) : undefined;
    if (part) {
      yield part;
      next++;
      stall = stallMs;
    } else if (next <= known || (!complete && arrivals.takeLook())) {
      await unlessOver(fill(arrivals, read, next, known), arrivals, until);
    } else if (arrivals.last) {
      yield asLast(arrivals.last, next - 1);
      return;
    } else if (arrivals.error) throw arrivals.error;
    else if (arrivals.stopped) return;
    else if (!(await arrivals.more(stall))) {
      stall = undefined;
      onStall();
    }
  }
}

/** A server that is frozen leaves a look unanswered. @throws the error of the arrivals, at the time `until`. */
async function unlessOver(look: Promise<void>, arrivals: Arrivals, until: number | undefined): Promise<void> {
  if (until === undefined) return look;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeIsUp = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, until - performance.now()));
  });
  const over = timeIsUp.then(async () => {
    throw await arrivals.failed;
  });
  return Promise.race([look, over]).finally(() => clearTimeout(timer));
}

/** @throws PartMissingError when part `next` of those that are known is neither here nor stored. */
async function fill(arrivals: Arrivals, read: ReadParts | undefined, next: number, known: number) {
  const missing = next <= known;
  const found = read ? await look(arrivals, read, next, known) : [];
  for (const part of found) arrivals.part(part);
  if (found.length > 0)
    arrivals.lookAgain(); // one look gives so many, and there may be more
  else if (missing) throw new PartMissingError(`Part ${next} of ${known} ${whyMissing(arrivals, read)}.`);
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
    if (next <= known || (over && !(error instanceof NotPermittedError))) throw error;
    return [];
  }
}

// Reads the parts of a reply that are stored, each by its subject, as a permission can name it.

/** Most parts that are read at the same time. */
const mostOfStoredParts = 64;

/**
 * Gives stored parts from a number on, without a gap: one at first, and twice as many at each further call, up to 64, because
 * how many there are is not known, and mostly there are none. It throws NotSetUpError, NotPermittedError, NoAnswerError and the other
 * errors of the server.
 */
export function storedParts(nc: NatsConnection, names: QueueNames, handle: Handle): ReadParts {
  let atOnce = 1;
  return async (from, known) => {
    const { stream, subject } = replyPlace(names, handle);
    if (subject === undefined || handle.store) return [];
    const count = Math.min(mostOfStoredParts, Math.max(atOnce, known - from + 1));
    atOnce = Math.min(mostOfStoredParts, atOnce * 2);
    const jsm = await jetStreamManager(nc, names, answerMs);
    const readPart = async (_: unknown, n: number): Promise<PartReply | undefined> => {
      const stored = await readLast(nc, jsm, names, stream, partSubject(subject, from + n));
      return stored ? asPart(from + n, asMessage(stored)) : undefined;
    };
    try {
      return untilGap(await Promise.all(Array.from({ length: count }, readPart)));
    } catch (error) {
      throw fromClientError(`stream ${stream}`, error, names);
    }
  };
}

function untilGap(parts: (PartReply | undefined)[]): PartReply[] {
  const gap = parts.indexOf(undefined);
  return (gap < 0 ? parts : parts.slice(0, gap)) as PartReply[];
}
