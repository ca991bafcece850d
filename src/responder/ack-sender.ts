// Ack sender: publishes what the server has to know of a delivery (+ACK, -NAK, +TERM, +WPI), and batches the acks.
import type { NatsConnection } from "@nats-io/nats-core";
import type { Observe, ResponderEvent } from "../protocol/events.js";
import { hasFeature } from "../protocol/server-version.js";
import type { ConsumerLimits } from "./options.js";

const ack = new TextEncoder().encode("+ACK");

/** Acks in one batch at most; a full batch leaves at once. */
const largestBatch = 64;

/** Milliseconds between two flushes: a loop may ask for one at each step. */
const leastPauseMs = 1;

/** A reason may quote the request, and travels in a message itself. */
const longestReason = 500;

/** Acks that are sent once more after a reconnect, at least: the server may not have read them when the connection broke. */
const resentAcks = 512;

interface AckSenderOptions {
  /** Milliseconds that an ack may wait for others. Default 5. */
  delayMs?: number | undefined;
  limits: ConsumerLimits;
  prefetch: number;
  /** Must not throw. */
  observe?: Observe<ResponderEvent> | undefined;
  /** Sends +WPI for the other deliveries in hand. */
  keepAlive(): void;
}

/** A NAK or a +TERM that waits for the connection. */
interface Held {
  address: string;
  payload: string;
  /** On the clock of `performance.now()`. Later the server has redelivered the request, and this would be about that delivery. */
  until: number;
}

/**
 * The server removes a request when its ack comes. An ack that leaves together with the reply delays the next request, so
 * acks are sent a moment later, several at once.
 *
 * - A crash while acks are held means redeliveries: a reply in a mailbox is then found, a request to an inbox runs again.
 * - The server counts a held ack as pending. So the batch is at most half of `prefetch` and an eighth of `max_ack_pending`,
 *   and the delay at most a twentieth of `ack_wait`.
 * - While the connection is down, acks, NAKs and +TERMs wait for it: the client drops what is published meanwhile. A NAK waits for half
 *   of `ack_wait` at most.
 * - After a reconnect the last acks are sent once more. An ack that the server knows already changes nothing.
 * - On a closed connection nothing is sent, and nothing throws: the server redelivers the requests.
 */
export class AckSender {
  readonly #nc: NatsConnection;
  readonly #observe: Observe<ResponderEvent> | undefined;
  readonly #keepAlive: () => void;
  readonly #options: AckSenderOptions;
  #delayMs = 0;
  #batchSize = 1;
  #addresses: string[] = [];
  #requests: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** The batches that were sent last. */
  readonly #sent: string[][] = [];
  #down = false;
  #held: Held[] = [];
  #sentAtOnceAt = 0;
  /**
   * The event loop read the connection after this moment, on the clock of `performance.now()`: what arrives later was sent later. The tick
   * before the last one, because after a handler that computes a tick may come before the next read.
   */
  readUpTo = performance.now();
  #lastTick = performance.now();

  constructor(nc: NatsConnection, options: AckSenderOptions) {
    this.#nc = nc;
    this.#options = options;
    this.#observe = options.observe;
    this.#keepAlive = options.keepAlive;
    this.limitsChanged();
  }

  get ackWaitMs(): number {
    return this.#options.limits.ackWaitMs;
  }

  /** The consumer was made anew, perhaps with another `ack_wait`. */
  limitsChanged(): void {
    const { delayMs = 5, limits, prefetch } = this.#options;
    const { ackWaitMs, maxAckPending } = limits;
    this.#delayMs = Math.min(delayMs, ackWaitMs / 20);
    const pendingShare = maxAckPending < 1 ? largestBatch : Math.floor(maxAckPending / 8);
    this.#batchSize = this.#delayMs < 1 ? 1 : Math.max(1, Math.min(largestBatch, pendingShare, prefetch >> 1));
  }

  /** Acks a delivery with the next batch. */
  ack(address: string, request: string): void {
    this.#addresses.push(address);
    if (this.#observe) this.#requests.push(request);
    if (this.#addresses.length >= this.#batchSize) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), this.#delayMs);
  }

  /** Has the server deliver the request again after `delayMs`; without a delay that is within milliseconds. */
  nak(address: string, delayMs = 0): void {
    const delay = delayMs > 0 ? ` {"delay": ${Math.round(delayMs * 1_000_000)}}` : "";
    this.#sendOrHold(address, `-NAK${delay}`, performance.now() + this.ackWaitMs / 2);
  }

  /** Ends the request: a work queue deletes it. The advisory carries the reason, if the server supports reasons. */
  term(address: string, reason: string): void {
    const suffix = hasFeature(this.#nc, "term-reason") ? ` ${reason.slice(0, longestReason)}` : "";
    this.#sendOrHold(address, `+TERM${suffix}`, Number.POSITIVE_INFINITY);
  }

  /** Starts `ack_wait` anew. Returns whether it was sent: it is not while the connection is down. */
  inProgress(address: string): boolean {
    if (this.#down) return false;
    this.#send(address, "+WPI");
    return true;
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

  /** The event loop has come to its timers. */
  tick(): void {
    this.readUpTo = this.#lastTick;
    this.#lastTick = performance.now();
  }

  /** Sends the acks that wait for others. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#addresses.length === 0 || this.#down) return;
    const [addresses, requests] = [this.#addresses, this.#requests];
    [this.#addresses, this.#requests] = [[], []];
    for (const address of addresses) this.#send(address, ack);
    if (this.#sent.push(addresses) * this.#batchSize > resentAcks + this.#batchSize) this.#sent.shift();
    for (const request of requests) this.#observe?.({ type: "acked", request });
  }

  /** The ack addresses of the last acks, and of those that wait. */
  lastAcked(): string[] {
    return [...this.#sent.flat(), ...this.#addresses];
  }

  /**
   * The consumer is gone. An ack that is sent later could be about a message of the stream that is made in its place: it would have
   * the same sequence.
   */
  consumerGone(): void {
    this.#addresses = [];
    this.#requests = [];
    this.#held = [];
    this.#sent.length = 0;
  }

  disconnected(): void {
    this.#down = true;
  }

  reconnected(): void {
    this.#down = false;
    for (const address of this.#sent.flat()) this.#send(address, ack);
    const [held, now] = [this.#held, performance.now()];
    this.#held = [];
    for (const { address, payload, until } of held) if (now < until) this.#send(address, payload);
    this.flush();
  }

  #sendOrHold(address: string, payload: string, until: number): void {
    if (this.#down) this.#held.push({ address, payload, until });
    else this.#send(address, payload);
  }

  #send(address: string, payload: string | Uint8Array): void {
    try {
      this.#nc.publish(address, payload);
    } catch {
      // The connection is closed or about to be: the server redelivers the request, and the responder ends by the close.
    }
  }
}
