// Server clock: the server's time of day as a responder knows it, for deadlines that count from when a request was stored.

/**
 * The estimate is never ahead of the server's clock by more than the clocks drift apart: a deadline is found to be over at most one
 * way of a message too late. Until the server has said its time (it does since nats-server 2.10), it is the clock of this machine.
 */
export class ServerClock {
  /** What `performance.now()` has to be added to. */
  #offsetMs = Date.now() - performance.now();

  /** Milliseconds since the epoch. */
  now(): number {
    return performance.now() + this.#offsetMs;
  }

  /** The server has just said that this is its time. */
  set(serverMs: number): void {
    this.#offsetMs = serverMs - performance.now();
  }

  /** The server stored a message at this time: its clock is not behind that. */
  notBefore(serverMs: number): void {
    if (serverMs > this.now()) this.set(serverMs); // also false for NaN
  }
}
