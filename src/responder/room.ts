// How many requests a responder may have in hand: as many as it was told to, and no more than its handlers can finish within
// `ack_wait`. What waits longer is delivered again, and each delivery is an attempt of which there may be few.

/** What a handler took before counts less with each that is faster; one that is slower counts at once. */
const keeps = 0.9;

export class Room {
  readonly #prefetch: number;
  readonly #concurrency: number;
  #ackWaitMs = Number.POSITIVE_INFINITY;
  #handlerMs = 0;

  constructor(prefetch: number, concurrency: number) {
    this.#prefetch = prefetch;
    this.#concurrency = concurrency;
  }

  start(ackWaitMs: number): void {
    this.#ackWaitMs = ackWaitMs;
  }

  /** A handler took so long, in milliseconds. */
  ran(ms: number): void {
    this.#handlerMs = Math.max(ms, keeps * this.#handlerMs + (1 - keeps) * ms);
  }

  /** In half of `ack_wait`, because the next ones may be slower. Until the first handler is done nothing is known. */
  get most(): number {
    if (this.#handlerMs === 0) return this.#prefetch;
    const each = Math.max(1, Math.floor(this.#ackWaitMs / 2 / this.#handlerMs));
    return Math.min(this.#prefetch, this.#concurrency * each);
  }
}
