// Cancellations: receives the cancels of requests, for handlers that run and for requests that are still to be delivered.
import type { Msg, NatsConnection, Subscription } from "@nats-io/nats-core";
import { asCalledOff, type CalledOff, cancelledSequence, inHand } from "../protocol/cancel.js";
import { idOfToken } from "../protocol/request-id.js";
import type { QueueNames } from "../protocol/subjects.js";
import type { Delivery } from "./delivery.js";

/** Cancels that are remembered at most; beyond, the oldest is dropped. */
const mostRemembered = 10_000;

interface Cancel {
  status: CalledOff;
  /** Of the one message that it is about; undefined if it is about every message with the id. */
  sequence: number | undefined;
}

/** Cancels the deliveries of a request, or of one of its messages, that are in hand; returns whether there are any. */
type CancelInHand = (id: string, status: CalledOff, sequence: number | undefined) => boolean;

/**
 * One subscription to `cancels.*` for each responder. If the account may not subscribe there, the responder works without
 * cancels.
 */
export class Cancellations {
  readonly #nc: NatsConnection;
  readonly #prefix: string;
  readonly #cancelInHand: CancelInHand;
  /** A cancel may overtake the delivery of its request, and concern one that is redelivered later. */
  readonly #remembered = new Map<string, Cancel>();
  #subscription: Subscription | undefined;

  constructor(nc: NatsConnection, { cancelPrefix }: QueueNames, cancelInHand: CancelInHand) {
    this.#nc = nc;
    this.#prefix = cancelPrefix;
    this.#cancelInHand = cancelInHand;
  }

  start(): void {
    const callback = (error: Error | null, msg: Msg) => void (error ?? this.#onCancel(msg));
    this.#subscription = this.#nc.subscribe(`${this.#prefix}*`, { callback });
  }

  stop(): void {
    if (!this.#nc.isClosed()) this.#subscription?.unsubscribe();
  }

  /** Why a request need not be handled; undefined if its requester may still wait. */
  statusOf(delivery: Delivery): CalledOff | undefined {
    if (delivery.cancelled) return delivery.cancelled;
    if (delivery.expiresAt !== undefined && performance.now() >= delivery.expiresAt) return "expired";
    if (this.#remembered.size === 0) return undefined;
    const cancel = this.#remembered.get(delivery.id);
    if (!cancel) return undefined;
    return cancel.sequence === undefined || cancel.sequence === delivery.sequence ? cancel.status : undefined;
  }

  #onCancel(msg: Msg): void {
    const id = idOfToken(msg.subject.slice(this.#prefix.length));
    const status = asCalledOff(msg.string());
    const sequence = cancelledSequence(msg);
    this.#remember(id, { status, sequence });
    // Without an answer the canceller counts it as not in hand here.
    if (this.#cancelInHand(id, status, sequence) && msg.reply) msg.respond(inHand);
  }

  #remember(id: string, cancel: Cancel): void {
    this.#remembered.set(id, cancel);
    if (this.#remembered.size <= mostRemembered) return;
    const [oldest] = this.#remembered.keys();
    this.#remembered.delete(oldest as string);
  }
}
