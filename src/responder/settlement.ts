// Settlement: ends a delivery by its result. The reply is stored, and only then the request is acked or terminated.
import type { StoredMsg } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { asError } from "../common/user-callback.js";
import { wait } from "../common/wait.js";
import type { CalledOff } from "../protocol/cancel.js";
import type { Addressed } from "../protocol/dialects/index.js";
import {
  AlreadyStoredError,
  ClosedError,
  InvalidInputError,
  KitError,
  NoAnswerError,
  NotPermittedError,
  NotSetUpError,
  ServerFullError,
} from "../protocol/errors.js";
import type { Observe, ResponderEvent } from "../protocol/events.js";
import { type Body, readHeaders } from "../protocol/headers.js";
import { isReserved } from "../protocol/message-content.js";
import type { PubAck } from "../protocol/pub-ack.js";
import { ackToRemovalMs } from "../protocol/server-version.js";
import type { QueueNames } from "../protocol/subjects.js";
import type { ResponderTelemetry } from "../protocol/telemetry.js";
import { deadLetter } from "./dead-letters.js";
import type { Delivery } from "./delivery.js";
import type { ConsumerLimits } from "./options.js";
import { findReply, isStreamMissing, type ReplyPublisher, republish, statusOf } from "./reply-publisher.js";
import type { Backoff } from "./retry.js";
import type { Result } from "./run-handler.js";
import { Unstored, type UnstoredResult } from "./unstored.js";

/** Milliseconds for a stream that is missing, other than REPLIES, to appear: a cluster may be without a leader for a moment. */
const missingStreamMs = 30_000;

/** Milliseconds before a request is delivered again whose result may not be stored, once there is no memory left to keep it. */
const refusedDelayMs = 30_000;

interface SettlementOptions {
  names: QueueNames;
  replies: ReplyPublisher;
  backoff: Backoff;
  limits: ConsumerLimits;
  /** Why the requester waits no more; undefined if it may still wait. */
  calledOff(delivery: Delivery): CalledOff | undefined;
  /** Must not throw. */
  observe?: Observe<ResponderEvent> | undefined;
  telemetry?: ResponderTelemetry | undefined;
  /** The delivery needs nothing more of this responder: called once for each delivery. */
  onSettled(delivery: Delivery): void;
  /** Its handler has ended, and its result is kept until it can be stored. `hasPlace`: it still counts for `prefetch`. */
  onKept(delivery: Delivery, hasPlace: boolean): void;
}

/** A reply that waits to be stored again. */
interface KeptReply {
  delivery: Delivery;
  result: Result;
  /** It may be stored: its PubAck is missing. */
  isUnknown: boolean;
  since: number;
  /** Its request was acked or terminated before the reply was stored, to make room on the server. */
  released: boolean;
}

/** Attempts to store the reply of a request that has just left the queue. */
const roomTries = 20;

/** What an error means for its delivery. `ends`: something that has begun ends it. */
type Outcome = "settled" | "ends" | "keep";

/**
 * - The reply is stored (PubAck), or published to a core subject → ack; `rejected`, `expired` and `cancelled` results → +TERM.
 * - Another reply was stored first → ack; that reply is republished for the requester.
 * - The reply is too large → a reply with the status `error` takes its place. If that cannot be sent either → +TERM.
 * - The reply cannot be stored now (full, no PubAck, no leader, connection down) → it is kept and stored again (see `Unstored`).
 * - The address is no mailbox, and may not be published to or has no stream → +TERM: no attempt could answer.
 * - The server itself is out of storage → the request of one kept reply at a time leaves the queue before its reply is stored: nothing
 *   else would ever make room. A crash in that moment loses this reply.
 * - `RetryLaterError` → NAK with the backoff's delay; after the last attempt → dead letter, reply `dead-lettered`, +TERM. A dead letter
 *   that cannot be stored is kept and stored again as well.
 * - A cancelled or expired delivery is never NAKed, because the cancel may have deleted its message: a reply with that status ends it.
 * - An abandoned delivery (see `Delivery`) → nothing: it is NAKed already.
 * - Anything else that goes wrong ends its own delivery: +TERM.
 *
 * The methods do not throw.
 */
export class Settlement {
  readonly #nc: NatsConnection;
  readonly #names: QueueNames;
  readonly #options: SettlementOptions;
  readonly #replies: ReplyPublisher;
  readonly #observe: Observe<ResponderEvent> | undefined;
  readonly #unstored = new Unstored();
  #down = false;
  #releasing: KeptReply | undefined;

  constructor(nc: NatsConnection, options: SettlementOptions) {
    this.#nc = nc;
    this.#names = options.names;
    this.#options = options;
    this.#replies = options.replies;
    this.#observe = options.observe;
  }

  /** Ends the delivery by the result of its handler. */
  settle(delivery: Delivery, result: Result): void {
    let settled = true;
    try {
      if (!delivery.abandoned) settled = this.#apply(delivery, this.#traced(delivery, result));
    } catch (error) {
      this.#giveUp(delivery, error);
    }
    if (settled) this.#options.onSettled(delivery);
  }

  /** A reply that is stored again has the same headers: it is traced once. */
  #traced(delivery: Delivery, result: Result): Result {
    const { telemetry } = this.#options;
    if (!telemetry || result.retry || result.silent) return result;
    return { ...result, headers: telemetry.replyHeaders(delivery.id, result.status, result.headers) };
  }

  /** Ends a request that could not be processed: the requester gets an `error`, and the request is terminated. */
  fail(delivery: Delivery, thrown: unknown): void {
    const payload = `the request could not be processed: ${asError(thrown).message}`;
    this.settle(delivery, { status: "error", payload, terminate: payload });
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
      republish(this.#nc, this.#names, stored);
    });
  }

  /** Ends a redelivered request that this responder has acked: the server did not receive the ack in time. */
  ackAgain(delivery: Delivery): void {
    this.#settleBy(delivery, () => delivery.ack());
  }

  /** Has the server deliver a request whose handler was not begun again at once. */
  returnUnstarted(delivery: Delivery, reason: string): void {
    const calledOff = this.#calledOff(delivery, reason, false);
    if (calledOff) this.settle(delivery, calledOff);
    else this.#settleBy(delivery, () => this.#nak(delivery, reason));
  }

  /** Has the server deliver a request that this responder has no handler for to another one, after a delay. */
  returnUnmatched(delivery: Delivery, delayMs: number): void {
    this.#settleBy(delivery, () => this.#nak(delivery, `no handler here for ${delivery.subject}`, delayMs));
  }

  /** `ack_wait` is over: the server redelivers the request, and a NAK would be about that delivery. */
  leaveToServer(delivery: Delivery, reason: string): void {
    this.#settleBy(delivery, () => this.#observe?.({ type: "returned", request: delivery.id, reason }));
  }

  /**
   * NAKs a request whose handler runs or whose result is kept: nothing of either is used from now on. If it is cancelled, its reply is
   * published before, without a wait for the PubAck: the NAK has an effect only if the message is still in the stream.
   */
  abandon(delivery: Delivery, reason: string): void {
    this.#publishCalledOff(delivery, reason);
    this.#nak(delivery, reason);
    delivery.abandon();
  }

  /** Copies the request to DEAD_LETTERS, stores a `dead-lettered` reply, and terminates it. */
  async deadLetter(delivery: Delivery, reason: string): Promise<void> {
    const error = await this.#copyAndSettle(delivery, reason);
    if (!error) return;
    const store = async () => delivery.abandoned || !(await this.#copyAndSettle(delivery, reason));
    const bytes = delivery.data.length;
    this.#keep(
      { delivery, stream: this.#names.deadLetterStream, bytes, store },
      `${reason}; ${error.message}`,
      !mayPass(error),
    );
  }

  /** What is published now would be dropped. */
  disconnected(): void {
    this.#down = true;
    this.#unstored.disconnected();
  }

  /** Replies that had no PubAck when the connection broke may not be stored. */
  reconnected(): void {
    this.#down = false;
    this.#replies.endUnconfirmed(new NoAnswerError("No PubAck for the reply before the connection broke."));
    this.#unstored.reconnected();
  }

  /** Nothing is stored again any more. */
  stop(): void {
    this.#unstored.stop();
  }

  #settleBy(delivery: Delivery, act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#giveUp(delivery, error);
    }
    this.#options.onSettled(delivery);
  }

  /** One request must never end the responder. */
  #giveUp(delivery: Delivery, thrown: unknown): void {
    if (!delivery.abandoned) this.#term(delivery, `no reply can be sent: ${asError(thrown).message}`);
  }

  /** Whether that settles it; otherwise a PubAck, the dead letter or a later attempt to store does. */
  #apply(delivery: Delivery, result: Result): boolean {
    if (result.retry) {
      const { message, delayMs } = result.retry;
      if (delivery.attempt >= this.#options.limits.lastAttempt) {
        void this.deadLetter(delivery, message);
        return false;
      }
      const calledOff = this.#calledOff(delivery, message, true);
      if (calledOff) return this.#reply(delivery, calledOff);
      this.#nak(delivery, message, delayMs ?? this.#options.backoff(delivery.attempt));
      return true;
    }
    if (!result.silent) return this.#reply(delivery, result);
    this.#term(delivery, result.terminate as string);
    return true;
  }

  /** The result of a delivery whose requester waits no more. */
  #calledOff(delivery: Delivery, payload: string, begun: boolean): Result | undefined {
    const status = this.#options.calledOff(delivery);
    if (!status) return undefined;
    this.#observe?.({ type: "called-off", request: delivery.id, status, begun });
    return { status, payload };
  }

  #publishCalledOff(delivery: Delivery, reason: string): void {
    const { addressed, id, handling } = delivery; // before its handler, the address may be one that is not allowed
    if (!handling || !addressed || delivery.abandoned || this.#nc.isClosed()) return;
    const result = this.#calledOff(delivery, reason, true);
    try {
      if (result) this.#replies.publish(addressed, id, result, () => {});
    } catch {
      // No reply can be sent. The NAK is what is left.
    }
  }

  #reply(delivery: Delivery, result: Result): boolean {
    if (this.#down) return this.#keepReply(delivery, result, new NoAnswerError("The connection is down."));
    const to = delivery.addressed as Addressed;
    try {
      const onPubAck = (pubAck: PubAck | KitError) => this.#onPubAck(delivery, result, pubAck);
      if (this.#replies.publish(to, delivery.id, result, onPubAck)) {
        delivery.replyLength = result.payload.length;
        return false;
      }
    } catch (error) {
      return this.#onReplyError(delivery, result, asKitError(error));
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
      this.#giveUp(delivery, error);
    }
    if (settled) this.#options.onSettled(delivery);
  }

  /** A crash between the reply and the ack means a redelivery, never a loss. */
  #onReplied(delivery: Delivery, result: Result, pubAck?: PubAck): void {
    this.#observeReply(delivery, result, pubAck);
    this.#ackOrTerm(delivery, result);
  }

  #observeReply(delivery: Delivery, result: Result, pubAck?: PubAck): void {
    if (this.#observe) {
      const { replyTo: to, dialect } = delivery.addressed as Addressed;
      const { status } = result;
      const payload = textOf(dialect.payload(status, result.payload)); // as it was sent, in the requester's dialect
      const place = pubAck && { stream: pubAck.stream, sequence: pubAck.sequence };
      this.#observe({ type: "replied", request: delivery.id, status, to, payload, ...place });
    }
  }

  #onReplyError(delivery: Delivery, result: Result, error: KitError): boolean {
    if (delivery.abandoned) return true;
    const outcome = this.#outcomeOf(delivery, result, error);
    return outcome === "keep" ? this.#keepReply(delivery, result, error) : outcome === "settled";
  }

  #outcomeOf(delivery: Delivery, result: Result, error: KitError): Outcome {
    const { id: request } = delivery;
    if (error instanceof AlreadyStoredError) {
      this.#observe?.({ type: "reply-refused", request, reason: error.message });
      this.#ackOrTerm(delivery, result);
      void this.#republishFirst(delivery);
      return "ends";
    }
    if (error instanceof InvalidInputError && !result.substitute) {
      const headers = result.headers?.filter(([name]) => isReserved(name)); // the number of parts stays true
      const settled = this.#reply(delivery, { status: "error", payload: error.message, headers, substitute: true });
      return settled ? "settled" : "ends";
    }
    if (error instanceof ClosedError) return "settled"; // the server redelivers the request
    const { replyTo } = delivery.addressed as Addressed;
    if (error instanceof InvalidInputError || (error instanceof NotPermittedError && !this.#names.isMailbox(replyTo))) {
      // Each attempt would end here: the id leaves no room in the headers, or the requester named a place that is not for replies.
      this.#term(delivery, `no reply can be sent: ${error.message}`);
      return "settled";
    }
    return "keep";
  }

  async #republishFirst(delivery: Delivery): Promise<void> {
    const first = await findReply(this.#nc, this.#names, (delivery.addressed as Addressed).replyTo);
    this.#settleBy(delivery, () => first && !(first instanceof KitError) && republish(this.#nc, this.#names, first));
  }

  // Results that could not be stored.

  /** Returns false: the delivery is not settled. */
  #keepReply(delivery: Delivery, result: Result, error: KitError): false {
    const isUnknown = error instanceof NoAnswerError && !this.#down;
    const kept = { delivery, result, isUnknown, since: performance.now(), released: false };
    const { replyTo } = delivery.addressed as Addressed;
    const isRefused = error instanceof NotPermittedError;
    const stream = isRefused ? `${this.#names.replyStream}, refused` : this.#names.streamOf(replyTo);
    const store = () => this.#storeAgain(kept);
    this.#keep({ delivery, stream, bytes: bytesOf(result.payload), store }, error.message, isRefused, isUnknown);
    return false;
  }

  /**
   * `isRefused`: the result may never be stored, so beyond the bounds it is not worth a place in `prefetch`. The request is NAKed, and
   * its handler runs again.
   */
  #keep(result: UnstoredResult, reason: string, isRefused: boolean, isUnknown = false): void {
    const { delivery } = result;
    const { id: request } = delivery;
    if (isRefused && !this.#unstored.hasRoom(result.bytes)) {
      this.#settleBy(delivery, () =>
        this.#nak(delivery, `too much is kept to be stored again; ${reason}`, refusedDelayMs),
      );
      return;
    }
    this.#observe?.({ type: isUnknown ? "reply-refused" : "not-stored", request, reason });
    this.#options.onKept(delivery, !this.#unstored.keep(result));
  }

  /** Whether it is settled now. */
  async #storeAgain(kept: KeptReply): Promise<boolean> {
    const { delivery, result } = kept;
    if (delivery.abandoned) return true;
    const to = delivery.addressed as Addressed;
    if (kept.isUnknown && (await this.#foundStored(delivery))) return true;
    const pubAck = await this.#replies.store(to, delivery.id, result).catch(asKitError);
    if (this.#releasing === kept && !(pubAck instanceof ServerFullError)) this.#releasing = undefined;
    if (delivery.abandoned) return true;
    if (!(pubAck instanceof KitError)) {
      this.#settleBy(delivery, () => this.#onReplied(delivery, result, pubAck));
      return true;
    }
    if (pubAck instanceof AlreadyStoredError && kept.isUnknown && (await this.#foundStored(delivery))) return true;
    if (pubAck instanceof NoAnswerError) kept.isUnknown = true;
    if (pubAck instanceof ServerFullError && (await this.#makeRoom(kept))) return true;
    if (pubAck instanceof NotSetUpError && (await this.#isMissing(kept))) {
      this.terminate(delivery, `no reply can be sent: ${pubAck.message}`);
      return true;
    }
    const outcome = this.#outcomeOf(delivery, result, pubAck);
    if (outcome === "settled") this.#options.onSettled(delivery);
    return outcome !== "keep";
  }

  /**
   * Requests that have filled the server keep out the replies that would end them. One request leaves, and its reply takes the room before
   * other requests do. Returns whether it is stored.
   */
  async #makeRoom(kept: KeptReply): Promise<boolean> {
    const { delivery, result } = kept;
    if (this.#releasing && this.#releasing !== kept) return false;
    this.#releasing = kept;
    if (!kept.released) {
      const reason = "the server is out of storage: the request leaves the queue before its reply is stored";
      this.#observe?.({ type: "not-stored", request: delivery.id, reason });
      kept.released = true;
      this.#ackOrTerm(delivery, result);
    }
    for (let tries = 0; tries < roomTries && !this.#down && !delivery.abandoned; tries++) {
      await wait(ackToRemovalMs);
      const to = delivery.addressed as Addressed;
      const pubAck = await this.#replies.store(to, delivery.id, result).catch(asKitError);
      if (pubAck instanceof ServerFullError) continue;
      this.#releasing = undefined;
      if (pubAck instanceof KitError && !(pubAck instanceof AlreadyStoredError)) return false;
      const place = pubAck instanceof KitError ? undefined : pubAck;
      this.#settleBy(delivery, () => this.#observeReply(delivery, result, place));
      return true;
    }
    return false;
  }

  /** The reply that was stored first is most likely this one: its PubAck was lost. */
  async #foundStored(delivery: Delivery): Promise<boolean> {
    const stored = await findReply(this.#nc, this.#names, (delivery.addressed as Addressed).replyTo);
    if (stored === undefined || stored instanceof KitError) return false;
    if (!delivery.abandoned) this.alreadyAnswered(delivery, stored);
    return true;
  }

  /** REPLIES belongs to the setup, and is waited for. Another stream is the requester's word. */
  async #isMissing({ delivery, since }: KeptReply): Promise<boolean> {
    const { replyTo } = delivery.addressed as Addressed;
    if (this.#names.isMailbox(replyTo)) return false;
    return (
      performance.now() - since > missingStreamMs ||
      (await isStreamMissing(this.#nc, this.#names, this.#names.streamOf(replyTo)))
    );
  }

  /** The error if there is no dead letter. */
  async #copyAndSettle(delivery: Delivery, reason: string): Promise<KitError | undefined> {
    const { id: request, sequence, deliveryCount: deliveries, consumer, message } = delivery;
    const replyTo = delivery.addressed?.replyTo;
    const failed = { request, subject: delivery.fullSubject, sequence, deliveries, reason, consumer, replyTo };
    try {
      const copied = { headers: readHeaders(message), data: message.data };
      const result = await deadLetter(this.#nc, this.#names, copied, failed, this.#observe);
      if (result instanceof KitError) return result;
      this.settle(delivery, result);
    } catch (error) {
      this.fail(delivery, error);
    }
    return undefined;
  }

  #ackOrTerm(delivery: Delivery, { terminate }: Pick<Result, "terminate">): void {
    if (terminate) this.#term(delivery, terminate);
    else delivery.ack();
  }

  #term(delivery: Delivery, reason: string): void {
    if (this.#nc.isClosed()) return;
    delivery.term(reason);
    this.#observe?.({ type: "terminated", request: delivery.id, reason });
  }

  /** Nothing on an abandoned delivery: another responder may have it by now, and the server would take it from there. */
  #nak(delivery: Delivery, reason: string, delayMs = 0): void {
    if (delivery.abandoned || this.#nc.isClosed()) return;
    delivery.nak(delayMs);
    this.#observe?.({ type: "returned", request: delivery.id, reason });
  }
}

/** A payload's bytes may be unreadable by now: a handler can give their memory away. */
function textOf(payload: Body): string {
  try {
    return typeof payload === "string" ? payload : new TextDecoder().decode(payload);
  } catch {
    return "";
  }
}

const bytesOf = (payload: Body): number =>
  typeof payload === "string" ? new TextEncoder().encode(payload).length : payload.length;

/** What is no error of the kit comes from a reply that cannot be written: a payload that is no real Uint8Array. */
const asKitError = (error: unknown): KitError =>
  error instanceof KitError ? error : new InvalidInputError(`the reply cannot be sent: ${asError(error).message}`);

/** Whether the stream may store it later without a change of permissions or of the setup. */
const mayPass = (error: KitError) => !(error instanceof NotPermittedError || error instanceof NotSetUpError);
