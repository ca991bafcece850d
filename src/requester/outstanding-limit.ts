// A bound on what is on its way at a time: calls beyond it wait for their turn in a list that is bounded, too. The list
// is p-queue's; a call that need not wait does not go through it (3 µs and its garbage per request).

import PQueue from "p-queue";
import { count } from "../common/plural.js";
import { InvalidInputError, TooManyOutstandingError } from "../protocol/errors.js";
import type { Observe, ReplyStrategy, RequesterEvent } from "../protocol/events.js";
import { requestSubject, requireName } from "../protocol/subjects.js";

interface TurnsOptions {
  /** Most at a time, 1 to 100,000. */
  maxOutstanding: number;
  /** Most that wait for their turn; beyond, a call is refused. Default 100,000; 0 refuses whatever would have to wait. */
  maxWaiting?: number | undefined;
}

const mostWaiting = 100_000;

export class Turns {
  /** Those that had to wait, and when their turn has come run under it. */
  readonly #queue: PQueue;
  readonly #outstanding: number;
  readonly #waiting: number;
  #open = 0;
  /** On their way without having waited. */
  #direct = 0;
  #onIdle: (() => void)[] = [];

  /** @throws InvalidInputError when a bound is out of its range. */
  constructor({ maxOutstanding, maxWaiting = mostWaiting }: TurnsOptions) {
    this.#outstanding = requireBound("maxOutstanding", maxOutstanding, 1, 100_000);
    this.#waiting = requireBound("maxWaiting", maxWaiting, 0, 10_000_000);
    this.#queue = new PQueue({ concurrency: maxOutstanding });
  }

  /**
   * Does the work when its turn has come.
   * @throws TooManyOutstandingError at once when the list is full; the reason of `signal` when it fires before the turn has come:
   * nothing of the work was begun then. What has begun goes on.
   */
  async take<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.full) {
      throw new TooManyOutstandingError(
        `${count(this.#outstanding, "request")} on the way and ${this.#waiting} waiting for a turn are the most; wait for some before sending more.`,
      );
    }
    signal?.throwIfAborted();
    const direct = this.#isFree();
    this.#open++;
    if (direct) this.#direct++;
    try {
      return await (direct ? work() : this.#inTurn(work, signal));
    } finally {
      this.#open--;
      if (direct) this.#direct--;
      if (direct && this.#queue.size > 0) this.#makeRoom();
      if (this.#open === 0) for (const tell of this.#onIdle.splice(0)) tell();
    }
  }

  /** How many would wait for their turn if one came now, itself included; 0 where it would not have to. */
  get ahead(): number {
    return this.#isFree() ? 0 : this.#queue.size + 1;
  }

  /** Whether a call would be refused now. */
  get full(): boolean {
    return this.#open >= this.#outstanding + this.#waiting;
  }

  /** Resolves when nothing is on its way any more, and nothing waits. */
  async idle(): Promise<void> {
    if (this.#open > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  /** Nobody waits, and there is room: who comes now may not overtake anybody. */
  #isFree(): boolean {
    return this.#queue.size === 0 && this.#direct + this.#queue.pending < this.#outstanding;
  }

  #inTurn<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    this.#makeRoom();
    return signal ? this.#unlessAborted(work, signal) : this.#queue.add(work);
  }

  /** The list may run what those that did not wait leave free of the bound. */
  #makeRoom(): void {
    const room = this.#outstanding - this.#direct;
    if (room === 0) this.#queue.pause();
    else {
      this.#queue.concurrency = room;
      this.#queue.start();
    }
  }

  /** p-queue gives up on running work, too, and its place; so it gets a signal that fires only before the turn. */
  async #unlessAborted<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const before = new AbortController();
    const abort = () => before.abort(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    const begin = () => {
      signal.removeEventListener("abort", abort);
      return work();
    };
    return this.#queue.add(begin, { signal: before.signal });
  }
}

function requireBound(what: string, n: number, least: number, most: number): number {
  if (Number.isInteger(n) && n >= least && n <= most) return n;
  throw new InvalidInputError(`Expected ${what} to be a whole number from ${least} to ${most}, got ${n}.`);
}

// Tells who waits for a turn, and who gets none. Only where somebody listens: without an observer no request comes here.

/** A request before it is sent, as its events name it. */
export interface Asked {
  request: string;
  subject: string;
  strategy: ReplyStrategy;
  as?: string;
}

/** @throws InvalidInputError where the order or the id is none. */
export function asked(
  order: string,
  { id, as }: { id: string; as?: string | undefined },
  strategy: ReplyStrategy,
): Asked {
  const request = requireName("the request id", id);
  return { request, subject: requestSubject(order), strategy, ...(as ? { as } : {}) };
}

/** As `turns.take`. */
export async function takeTold<T>(
  turns: Turns,
  asked: Asked,
  observe: Observe<RequesterEvent>,
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const waiting = turns.ahead;
  if (waiting > 0 && !turns.full && !signal?.aborted) observe({ type: "turn-awaited", ...asked, waiting });
  try {
    return await turns.take(work, signal);
  } catch (error) {
    if (error instanceof TooManyOutstandingError)
      observe({ type: "turn-refused", ...asked, error: error.message });
    throw error;
  }
}
