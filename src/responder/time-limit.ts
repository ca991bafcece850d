// A moment after which something is not waited for any more. It can be moved forward, never back.
import { InvalidInput } from "../protocol/errors.js";

/** `setTimeout` counts milliseconds in 31 bits. */
export const longestMs = 2_147_483_647;

/** @throws InvalidInput when it is out of its range. */
export function requireTimeout(ms: number): number {
  if (ms >= 0 && ms <= longestMs) return ms;
  throw new InvalidInput(`Expected timeoutMs to be 0 to ${longestMs} milliseconds, got ${ms}.`);
}

export class TimeLimit {
  /** Resolves at the limit; never without one. */
  readonly over: Promise<void>;
  #end!: () => void;
  #at = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    this.over = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** In so many milliseconds, unless it is over before that anyway. */
  within(ms: number): void {
    const at = performance.now() + ms;
    if (at >= this.#at) return;
    this.#at = at;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#end, ms);
  }

  /** Nothing is waited for any more: no limit that is set from now on starts a timer. */
  clear(): void {
    this.#at = Number.NEGATIVE_INFINITY;
    clearTimeout(this.#timer);
  }
}
