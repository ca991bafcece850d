// Settlement: ends a delivery by its result. The reply is stored, and only then the request is acked or terminated.
import type { StoredMsg } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import type { Addressed } from "../protocol/dialects/index.js";
import { AlreadyStoredError, InvalidInputError, KitError, NoAnswerError } from "../protocol/errors.js";
import type { Observe, ResponderEvent } from "../protocol/events.js";
import type { PubAck } from "../protocol/pub-ack.js";
import { deadLetter } from "./dead-letters.js";
import type { Delivery } from "./delivery.js";
import type { ReplyPayload } from "./handlers.js";
import { findReply, type ReplyPublisher, republish, statusOf, storeRetryMs } from "./reply-publisher.js";
import type { Backoff } from "./retry.js";
import type { Result } from "./run-handler.js";

interface SettlementOptions {
  replies: ReplyPublisher;
  backoff: Backoff;
  /** After this attempt there is no other. */
  lastAttempt: number;
  observe?: Observe<ResponderEvent> | undefined;
  /** The delivery needs nothing more of this responder: called once for each delivery. */
  onSettled(delivery: Delivery): void;
  /** An observer threw, or the connection is closed. */
  onFatal(error: Error): void;
}

/**
 * - The reply is stored (PubAck), or published to a core subject → ack; `rejected`, `expired` and `cancelled` results → +TERM.
 * - Another reply was stored first → ack; that reply is republished for the requester.
 * - The reply is too large → a reply with the status `error` takes its place. If that cannot be sent either → +TERM.
 * - No PubAck within its time → nothing: it is unknown whether the reply is stored. The request is redelivered after `ack_wait`.
 * - Any other failure to store → NAK, with a delay.
 * - `RetryLaterError` → NAK with the backoff's delay; after the last attempt → dead letter, reply `dead-lettered`, +TERM.
 * - An abandoned delivery (see `Delivery`) → nothing: it is NAKed already.
 *
 * The methods do not throw. `onFatal` receives what an observer throws, and the error of a closed connection.
 */
export class Settlement {
  readonly #nc: NatsConnection;
  readonly #options: SettlementOptions;
  readonly #replies: ReplyPublisher;
  readonly #observe: Observe<ResponderEvent> | undefined;

  constructor(nc: NatsConnection, options: SettlementOptions) {
    this.#nc = nc;
    this.#options = options;
    this.#replies = options.replies;
    this.#observe = options.observe;
  }

  /** Ends the delivery by the result of its handler. */
  settle(delivery: Delivery, result: Result): void {
    let settled = true;
    try {
      if (!delivery.abandoned) settled = this.#apply(delivery, result);
    } catch (error) {
      this.#options.onFatal(error as Error);
    }
    if (settled) this.#options.onSettled(delivery);
  }

  /** Ends a request that no reply can be sent to. */
  terminate(delivery: Delivery, reason: string): void {
    this.#settleBy(delivery, () => this.#term(delivery, reason));
  }

  /** Ends a redelivered request whose reply was stored by an attempt before. */
  alreadyAnswered(delivery: Delivery, stored: StoredMsg): void {
    this.#settleBy(delivery, () => {
      const status = statusOf(stored);
      this.#observe?.({ type: "already-answered", request: delivery.id, status });
      if (status === "dead-lettered") this.#term(delivery, "dead-lettered before");
      else delivery.ack();
      republish(this.#nc, stored);
    });
  }

  /** Has the server deliver a request that was not begun again at once. */
  returnUnstarted(delivery: Delivery, reason: string): void {
    this.#settleBy(delivery, () => this.#nak(delivery, reason));
  }

  /** `ack_wait` is over: the server redelivers the request, and a NAK would be about that delivery. */
  leaveToServer(delivery: Delivery, reason: string): void {
    this.#settleBy(delivery, () => this.#observe?.({ type: "returned", request: delivery.id, reason }));
  }

  /** NAKs a request whose handler runs: nothing that comes of the handler is used from now on. */
  abandon(delivery: Delivery, reason: string): void {
    try {
      this.#nak(delivery, reason);
    } catch (error) {
      this.#options.onFatal(error as Error);
    }
    delivery.abandon();
  }

  /** Copies the request to DEAD_LETTERS, stores a `dead-lettered` reply, and terminates it. */
  async deadLetter(delivery: Delivery, reason: string): Promise<void> {
    try {
      const { id: request, sequence, deliveryCount: deliveries, message } = delivery;
      const replyTo = delivery.addressed?.replyTo;
      const failed = { request, subject: delivery.fullSubject, sequence, deliveries, reason, replyTo };
      const result = await deadLetter(this.#nc, message, failed, this.#observe);
      if (!(result instanceof Error)) return this.settle(delivery, result);
      this.#nak(delivery, `${reason}; ${result.message}`, storeRetryMs);
    } catch (error) {
      this.#options.onFatal(error as Error);
    }
    this.#options.onSettled(delivery);
  }

  #settleBy(delivery: Delivery, act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#options.onFatal(error as Error);
    }
    this.#options.onSettled(delivery);
  }

  /** Whether that settles it; otherwise a PubAck or the dead letter does. */
  #apply(delivery: Delivery, result: Result): boolean {
    if (result.retry) {
      const { message, delayMs } = result.retry;
      if (delivery.deliveryCount >= this.#options.lastAttempt) {
        void this.deadLetter(delivery, message);
        return false;
      }
      this.#nak(delivery, message, delayMs ?? this.#options.backoff(delivery.deliveryCount));
      return true;
    }
    if (!result.silent) return this.#reply(delivery, result);
    this.#term(delivery, result.terminate as string);
    return true;
  }

  #reply(delivery: Delivery, result: Result): boolean {
    const to = delivery.addressed as Addressed;
    try {
      const onPubAck = (pubAck: PubAck | KitError) => this.#onPubAck(delivery, result, pubAck);
      if (this.#replies.publish(to, delivery.id, result, onPubAck)) return false;
    } catch (error) {
      return this.#onReplyError(delivery, result, error as Error);
    }
    this.#onReplied(delivery, result);
    return true;
  }

  /** Does not throw: an error in a subscription's callback would end the client's reading from the server. */
  #onPubAck(delivery: Delivery, result: Result, pubAck: PubAck | KitError): void {
    let settled = true;
    try {
      if (pubAck instanceof KitError) settled = this.#onReplyError(delivery, result, pubAck);
      else this.#onReplied(delivery, result, pubAck);
    } catch (error) {
      this.#options.onFatal(error as Error);
    }
    if (settled) this.#options.onSettled(delivery);
  }

  /** A crash between the reply and the ack means a redelivery, never a loss. */
  #onReplied(delivery: Delivery, result: Result, pubAck?: PubAck): void {
    if (this.#observe) {
      const { replyTo: to, dialect } = delivery.addressed as Addressed;
      const { status } = result;
      const payload = textOf(dialect.payload(status, result.payload)); // as it was sent, in the requester's dialect
      const place = pubAck && { stream: pubAck.stream, sequence: pubAck.sequence };
      this.#observe({ type: "replied", request: delivery.id, status, to, payload, ...place });
    }
    this.#ackOrTerm(delivery, result);
  }

  #onReplyError(delivery: Delivery, result: Result, error: Error): boolean {
    const { id: request } = delivery;
    if (error instanceof AlreadyStoredError) {
      this.#observe?.({ type: "reply-refused", request, reason: error.message });
      this.#ackOrTerm(delivery, result);
      void this.#republishFirst(delivery);
      return false;
    }
    if (error instanceof InvalidInputError && !result.substitute) {
      const { headers } = result; // the number of parts stays true
      return this.#reply(delivery, { status: "error", payload: error.message, headers, substitute: true });
    }
    if (error instanceof InvalidInputError) {
      // No reply to this request can be sent (its id leaves no room in the headers): each attempt would end here.
      this.#term(delivery, `no reply can be sent: ${error.message}`);
    } else if (error instanceof NoAnswerError) {
      this.#observe?.({ type: "reply-refused", request, reason: error.message });
    } else {
      this.#nak(delivery, error.message, storeRetryMs);
    }
    return true;
  }

  async #republishFirst(delivery: Delivery): Promise<void> {
    const first = await findReply(this.#nc, (delivery.addressed as Addressed).replyTo);
    this.#settleBy(delivery, () => first && republish(this.#nc, first));
  }

  #ackOrTerm(delivery: Delivery, { terminate }: Pick<Result, "terminate">): void {
    if (terminate) this.#term(delivery, terminate);
    else delivery.ack();
  }

  #term(delivery: Delivery, reason: string): void {
    delivery.term(reason);
    this.#observe?.({ type: "terminated", request: delivery.id, reason });
  }

  /** Nothing on an abandoned delivery: another responder may have it by now, and the server would take it from there. */
  #nak(delivery: Delivery, reason: string, delayMs = 0): void {
    if (delivery.abandoned) return;
    delivery.nak(delayMs);
    this.#observe?.({ type: "returned", request: delivery.id, reason });
  }
}

const textOf = (payload: ReplyPayload): string =>
  typeof payload === "string" ? payload : new TextDecoder().decode(payload);
