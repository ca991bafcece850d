// Tells the server of handlers that take long, so that their requests are not delivered to somebody else meanwhile.
// One timer for all; a handler that is done before a third of `ack_wait` costs an entry in a map.
import type { Msg, NatsConnection } from "@nats-io/nats-core";
import { stillAtIt } from "./delivery.js";

export class KeepAlive {
  readonly #nc: NatsConnection;
  readonly #quietMs: number;
  /** When the server last heard of each request that is being handled. */
  readonly #heard = new Map<Msg, number>();
  readonly #timer: NodeJS.Timeout;

  /** The server hears of a request a third to half an `ack_wait` after it last did. */
  constructor(nc: NatsConnection, ackWaitMs: number) {
    this.#nc = nc;
    this.#quietMs = ackWaitMs / 3;
    this.#timer = setInterval(() => this.#tick(), Math.max(1, Math.floor(ackWaitMs / 6)));
  }

  begin(msg: Msg): void {
    this.#heard.set(msg, performance.now());
  }

  /** What is being handled, or waits for its last attempt. */
  all(): Iterable<Msg> {
    return this.#heard.keys();
  }

  has(msg: Msg): boolean {
    return this.#heard.has(msg);
  }

  end(msg: Msg): void {
    this.#heard.delete(msg);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    if (this.#heard.size === 0 || this.#nc.isClosed()) return;
    const now = performance.now();
    for (const [msg, heardAt] of this.#heard) {
      if (now - heardAt < this.#quietMs) continue;
      this.#heard.set(msg, now);
      stillAtIt(this.#nc, msg);
    }
  }
}
