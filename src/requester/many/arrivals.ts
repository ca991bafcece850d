// The replies to one request as they come: parts by number, the last one, and why there will be no more.
import type { Reply } from "../../protocol/messages.js";

/** One of several replies, before the last. */
export interface PartReply {
  last: false;
  /** Counts from 1. */
  part: number;
  payload: Uint8Array;
  /** The payload as text; bytes that are not UTF-8 show as U+FFFD. */
  text: string;
}

/** The reply that ends the request: what its handler returned, or why there is no such thing. */
export interface LastReply extends Reply {
  last: true;
  /** How many parts came before it. */
  parts: number;
  /** Its place in the reply stream, where it was read there. */
  sequence?: number;
}

export type ManyReply = PartReply | LastReply;

/** Beyond this many, parts that can be read again are not kept while their reader is busy; others are lost. */
const most = { stored: 1_000, heardOnce: 10_000 };
/** Bytes of unread parts, by the same rule. */
const mostBytes = 64 * 1024 * 1024;

const utf8 = new TextDecoder();

export const asPart = (part: number, payload: Uint8Array): PartReply => ({
  last: false,
  part,
  payload,
  text: utf8.decode(payload),
});

export class Arrivals {
  readonly #parts = new Map<number, PartReply>();
  readonly #readable: boolean;
  /** The number of the part that was taken last: what comes again, because its handler ran again, is not kept. */
  #taken = 0;
  #bytes = 0;
  #wake = () => {};
  #look = false;
  /** The highest number of a part that is known to exist. */
  known = 0;
  last: Reply | undefined;
  error: Error | undefined;
  /** Nobody waits for more than is there. */
  stopped = false;
  /** Parts that nobody can read again came faster than they were read. */
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
      this.#bytes += part.payload.length;
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
    this.#bytes -= part.payload.length;
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
