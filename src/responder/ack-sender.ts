// Ack sender: publishes what the server has to know of a delivery (+ACK, -NAK, +TERM, +WPI), and batches the acks.
import type { NatsConnection } from "@nats-io/nats-core";
import type { Observe, ResponderEvent } from "../protocol/events.js";
import { hasFeature } from "../protocol/server-version.js";

const ack = new TextEncoder().encode("+ACK");

/** Acks in one batch at most; a full batch leaves at once. */
const largestBatch = 64;

/** Milliseconds between two flushes: a loop may ask for one at each step. */
const leastPauseMs = 1;

/** A reason may quote the request, and travels in a message itself. */
const longestReason = 500;

interface AckSenderOptions {
  /** Milliseconds that an ack may wait for others. Default 5. */
  delayMs?: number | undefined;
  ackWaitMs: number;
  /** The consumer's limit; -1 for none. */
  maxAckPending: number;
  prefetch: number;
  observe?: Observe<ResponderEvent> | undefined;
  /** Sends +WPI for the other deliveries in hand. */
  keepAlive(): void;
  /** Receives what an observer throws from the timer, where no caller can catch it. */
  onFatal(error: Error): void;
}

/**
 * The server removes a request when its ack comes. An ack that leaves together with the reply delays the next request, so
 * acks are sent a moment later, several at once.
 *
 * - A crash while acks are held means redeliveries: a reply in a mailbox is then found, a request to an inbox runs again.
 * - The server counts a held ack as pending. So the batch is at most half of `prefetch` and an eighth of `max_ack_pending`,
 *   and the delay at most a twentieth of `ack_wait`.
 * - `ack`, `nak` and `term` throw when the connection is closed.
 */
export class AckSender {
  readonly #nc: NatsConnection;
  readonly #observe: Observe<ResponderEvent> | undefined;
  readonly #keepAlive: () => void;
  readonly #onFatal: (error: Error) => void;
  readonly #delayMs: number;
  readonly #batchSize: number;
  #addresses: string[] = [];
  #requests: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sentAtOnceAt = 0;

  constructor(nc: NatsConnection, options: AckSenderOptions) {
    const { delayMs = 5, ackWaitMs, maxAckPending, prefetch } = options;
    this.#nc = nc;
    this.#observe = options.observe;
    this.#keepAlive = options.keepAlive;
    this.#onFatal = options.onFatal;
    this.#delayMs = Math.min(delayMs, ackWaitMs / 20);
    const pendingShare = maxAckPending < 1 ? largestBatch : Math.floor(maxAckPending / 8);
    this.#batchSize = this.#delayMs < 1 ? 1 : Math.max(1, Math.min(largestBatch, pendingShare, prefetch >> 1));
  }

  /** Acks a delivery with the next batch. @throws what an observer throws. */
  ack(address: string, request: string): void {
    this.#addresses.push(address);
    if (this.#observe) this.#requests.push(request);
    if (this.#addresses.length >= this.#batchSize) this.#send();
    else this.#timer ??= setTimeout(() => this.flush(), this.#delayMs);
  }

  /** Has the server deliver the request again after `delayMs`; without a delay that is within milliseconds. */
  nak(address: string, delayMs = 0): void {
    const delay = delayMs > 0 ? ` {"delay": ${Math.round(delayMs * 1_000_000)}}` : "";
    this.#nc.publish(address, `-NAK${delay}`);
  }

  /** Ends the request: a work queue deletes it. The advisory carries the reason, if the server supports reasons. */
  term(address: string, reason: string): void {
    const suffix = hasFeature(this.#nc, "term-reason") ? ` ${reason.slice(0, longestReason)}` : "";
    this.#nc.publish(address, `+TERM${suffix}`);
  }

  /** Starts `ack_wait` anew; nothing on a closed connection. */
  inProgress(address: string): void {
    if (!this.#nc.isClosed()) this.#nc.publish(address, "+WPI");
  }

  /**
   * Has everything that waits for the event loop leave the process before it returns: a handler that computes holds up timers
   * and the client's own sending. The client's `flush()` writes to the socket at once. Over TLS Node sends the first write of
   * each turn of the event loop only (docs/guarantees.md).
   */
  sendAtOnce(): void {
    const now = performance.now();
    if (now - this.#sentAtOnceAt < leastPauseMs || this.#nc.isClosed()) return;
    this.#sentAtOnceAt = now;
    this.#keepAlive();
    this.flush();
    this.#nc.flush().catch(() => {}); // rejects when the connection closes
  }

  /** Sends the acks that are held. */
  flush(): void {
    try {
      this.#send();
    } catch (error) {
      this.#onFatal(error as Error);
    }
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#addresses.length === 0) return;
    const [addresses, requests] = [this.#addresses, this.#requests];
    [this.#addresses, this.#requests] = [[], []];
    for (const address of addresses) this.#nc.publish(address, ack);
    for (const request of requests) this.#observe?.({ type: "acked", request });
  }
}
