// The limit on requests that are on their way at a time: further ones wait for their turn, a limited number of them.
import PQueue from "p-queue";
import { onAbort } from "../common/on-abort.js";
import { count } from "../common/plural.js";
import { InvalidInputError, TooManyOutstandingError } from "../protocol/errors.js";
import type { LabReplyStrategy, Observe, RequesterEvent } from "../protocol/events.js";

interface OutstandingOptions {
  /** Most requests at a time, 1 to 100,000. */
  maxOutstanding: number;
  /** Most requests that wait for their turn; beyond, a request is refused. Default 100,000; 0 refuses whatever would wait. */
  maxWaiting?: number | undefined;
  observe?: Observe<RequesterEvent> | undefined;
}

/** A request before it is published, as its events name it. */
export interface Unsent {
  request: string;
  subject: string;
  strategy: LabReplyStrategy;
  as?: string | undefined;
}

const mostWaiting = 100_000;

/** First come, first served. The list is p-queue's; a request that need not wait does not pass through it. */
export class OutstandingLimit {
  /** Those that had to wait; when their turn has come they run under it. */
  readonly #queue: PQueue;
  readonly #outstanding: number;
  readonly #waiting: number;
  readonly #observe: Observe<RequesterEvent> | undefined;
  #open = 0;
  /** On their way without having waited. */
  #direct = 0;
  #onIdle: (() => void)[] = [];

  /** @throws InvalidInputError when a limit is out of its range. */
  constructor({ maxOutstanding, maxWaiting = mostWaiting, observe }: OutstandingOptions) {
    this.#outstanding = requireLimit("maxOutstanding", maxOutstanding, 1, 100_000);
    this.#waiting = requireLimit("maxWaiting", maxWaiting, 0, 10_000_000);
    this.#queue = new PQueue({ concurrency: maxOutstanding });
    this.#observe = observe;
  }

  /**
   * Does the work when its turn has come. With `unsent` the events `turn-awaited` and `turn-refused` are emitted.
   * @throws TooManyOutstandingError at once when the list is full; the reason of `signal` when it fires before the turn has
   * come: the work has not begun then. Work that has begun is not interrupted.
   */
  async take<T>(work: () => Promise<T>, signal?: AbortSignal, unsent?: Unsent): Promise<T> {
    if (this.#open >= this.#outstanding + this.#waiting) throw this.#refusal(unsent);
    signal?.throwIfAborted();
    const direct = this.#isFree();
    if (!direct && unsent) {
      this.#observe?.({ type: "turn-awaited", ...named(unsent), waiting: this.#queue.size + 1 });
    }
    this.#open++;
    if (direct) this.#direct++;
    try {
      return await (direct ? work() : this.#inTurn(work, signal));
    } finally {
      this.#open--;
      if (direct) this.#direct--;
      if (direct && this.#queue.size > 0) this.#makeRoom();
      if (this.#open === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
    }
  }

  /** Resolves when nothing is on its way any more, and nothing waits. */
  async idle(): Promise<void> {
    if (this.#open > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  #refusal(unsent: Unsent | undefined): TooManyOutstandingError {
    const error = new TooManyOutstandingError(
      `${count(this.#outstanding, "request")} on the way and ${this.#waiting} waiting for a turn are the most; wait for some before sending more.`,
    );
    if (unsent) this.#observe?.({ type: "turn-refused", ...named(unsent), error: error.message });
    return error;
  }

  /** No request waits, and there is room: one that comes now overtakes none. */
  #isFree(): boolean {
    return this.#queue.size === 0 && this.#direct + this.#queue.pending < this.#outstanding;
  }

  #inTurn<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    this.#makeRoom();
    return signal ? this.#unlessAborted(work, signal) : this.#queue.add(work);
  }

  /** The list may run what the requests that did not wait leave free of the limit. */
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
    const stopListening = onAbort(signal, (reason) => before.abort(reason));
    const begin = () => {
      stopListening();
      return work();
    };
    return this.#queue.add(begin, { signal: before.signal });
  }
}

const named = ({ request, subject, strategy, as }: Unsent) => ({
  ...{ request, subject, strategy },
  ...(as ? { as } : {}),
});

function requireLimit(what: string, n: number, least: number, most: number): number {
  if (Number.isInteger(n) && n >= least && n <= most) return n;
  throw new InvalidInputError(`Expected ${what} to be a whole number from ${least} to ${most}, got ${n}.`);
}
