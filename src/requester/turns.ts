// A bound on what is on its way at a time: calls beyond it wait for their turn in a list that is bounded, too.
import PQueue from "p-queue";
import { InvalidInput, TooManyOutstanding } from "../protocol/errors.js";

export interface TurnsOptions {
  /** Most at a time, 1 to 100,000. */
  maxOutstanding: number;
  /** Most that wait for their turn; beyond, a call is refused. Default 100,000; 0 refuses whatever would have to wait. */
  maxWaiting?: number | undefined;
}

const mostWaiting = 100_000;

export class Turns {
  readonly #queue: PQueue;
  readonly #outstanding: number;
  readonly #waiting: number;
  #open = 0;

  /** @throws InvalidInput when a bound is out of its range. */
  constructor({ maxOutstanding, maxWaiting = mostWaiting }: TurnsOptions) {
    this.#outstanding = requireBound("maxOutstanding", maxOutstanding, 1, 100_000);
    this.#waiting = requireBound("maxWaiting", maxWaiting, 0, 10_000_000);
    this.#queue = new PQueue({ concurrency: maxOutstanding });
  }

  /**
   * Does the work when its turn has come.
   * @throws TooManyOutstanding at once when the list is full; the reason of `signal` when it fires before the turn has come:
   * nothing of the work was begun then. What has begun goes on.
   */
  async take<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#open >= this.#outstanding + this.#waiting) {
      throw new TooManyOutstanding(
        `${this.#outstanding} requests are on their way and ${this.#waiting} wait for their turn; wait for some of them before sending more.`,
      );
    }
    this.#open++;
    try {
      // As a promise of its own, so that the list is shorter by the time the caller hears of the end.
      return await (signal ? this.#unlessAborted(work, signal) : this.#queue.add(work));
    } finally {
      this.#open--;
    }
  }

  /** Resolves when nothing is on its way any more, and nothing waits. */
  idle(): Promise<void> {
    return this.#queue.onIdle();
  }

  /** p-queue gives up on running work, too, and its place; so it gets a signal that fires only before the turn. */
  async #unlessAborted<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
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
  throw new InvalidInput(`Expected ${what} to be a whole number from ${least} to ${most}, got ${n}.`);
}
