// Cancels a request: takes it out of the queue, and verifies with the server whether that came in time.
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { publishOnce } from "../connection/publish.js";
import { type CalledOff, cancelHeaders, cancelSubject } from "../protocol/cancel.js";
import { kit } from "../protocol/dialects/kit.js";
import { AlreadyStoredError, InvalidInputError, NotFoundError } from "../protocol/errors.js";
import type { CancelOutcome, Whereabouts } from "../protocol/events.js";
import { readRequest, replyHeaders } from "../protocol/headers.js";
import type { PubAck } from "../protocol/pub-ack.js";
import { fromClientError } from "../protocol/server-error.js";
import { keeping, quote, requestStream } from "../protocol/subjects.js";
import { type Handle, requireHandle } from "./handle.js";
import { anotherRequest, findInQueue, isSame, lastDelivered, neverThere } from "./queue-state.js";
import { asMessage, readStoredReply, replyPlace, type StoredReply } from "./stored-reply.js";

/** What became of a cancel, verified with the server. */
export interface CancelResult {
  outcome: CancelOutcome;
  /** How it is known, in words. */
  evidence: string;
  /** With `already-answered`; its status may also be that it was cancelled before. */
  reply?: StoredReply;
  /** With `removed`: the status `cancelled`, in the mailbox. */
  stored?: StoredStatus;
}

/**
 * Cancels a request from any process that has its handle.
 * - `removed`: no responder ever got it, and its mailbox says `cancelled`.
 * - `already-running`: a responder has it; its handler's `signal` fires, and what the handler returns is the reply.
 * - `stuck`: it stays in the queue, and the server will not deliver it again.
 * - `already-answered`: too late, `reply` is stored.
 * - `unknown`: the evidence says what is known.
 * @throws InvalidInputError when the handle is none, or of another stream; NotSetUpError, NotPermittedError, NoAnswerError when the
 * server does not answer within 5 s, and the other errors of the server.
 */
export async function cancel(nc: NatsConnection, handle: Handle): Promise<CancelResult> {
  requireHandle(handle);
  const found = await cancelInQueue(nc, handle, "cancelled");
  const { mailbox: _, where: __, ...result } = await storeStatus(nc, handle, "cancelled", found);
  return result;
}

export interface Cancellation {
  outcome: CancelOutcome;
  /** How it is known, in words. */
  evidence: string;
  /** Where it is, when `outcome` does not say it. */
  where?: Whereabouts;
  /** With `already-answered`, unless the reply is no longer stored. */
  reply?: StoredReply;
  /** No responder will store its status, so the canceller does: the mailbox to store it in. */
  mailbox?: string;
}

/** Milliseconds a responder gets to say that it has a request in hand, where the server cannot tell. */
const responderMs = 500;

/**
 * - Delivered already: it is not deleted, and responders get the cancel (`cancels.<request id>`). Its handler may stop.
 * - Stuck: it is not deleted either, for the dead letter that the kit's responder makes of it. Responders get the cancel all
 *   the same: one that took longer than `ack_wait` may be at work on it.
 * - Not delivered: it is deleted by its sequence, and the consumer is asked once more. What is still below its sequence
 *   then has never been delivered and never will be: `removed`. If the consumer went past it in that moment, only a
 *   responder can say that it has it; when none does, the outcome is `unknown`.
 *
 * The server updates "delivered" before the message leaves it (one copy; with replicas the leader says what a quorum
 * has confirmed, which can be a moment behind).
 * @throws InvalidInputError for a handle of another stream, NotSetUpError, NoAnswerError and the other errors of the server.
 */
export async function cancelInQueue(nc: NatsConnection, handle: Handle, status: CalledOff): Promise<Cancellation> {
  if (handle.stream !== requestStream) {
    // A reply has its request's id, too: taken for the request, it would be deleted.
    throw new InvalidInputError(
      `Expected the handle of a request in ${requestStream}, got one in ${quote(handle.stream)}: nothing was cancelled.`,
    );
  }
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  try {
    return await new CancelAttempt(nc, jsm, handle, status).make();
  } catch (error) {
    throw fromClientError(`request ${handle.request}`, error);
  }
}

class CancelAttempt {
  readonly #nc: NatsConnection;
  readonly #jsm: JetStreamManager;
  readonly #handle: Handle;
  readonly #status: CalledOff;
  #mailbox: string | undefined;

  constructor(nc: NatsConnection, jsm: JetStreamManager, handle: Handle, status: CalledOff) {
    this.#nc = nc;
    this.#jsm = jsm;
    this.#handle = handle;
    this.#status = status;
    this.#mailbox = replyPlace(handle).subject;
  }

  async make(): Promise<Cancellation> {
    const { stream, sequence } = this.#handle;
    if (sequence === 0) {
      return this.#signalUnlessAnswered("unknown", `no PubAck came, so where ${stream} holds it is unknown`);
    }
    const stored = await this.#jsm.streams.getMessage(stream, { seq: sequence });
    if (!stored || !isSame(stored, this.#handle)) return this.#absent(stored !== null);
    this.#mailbox = readRequest(asMessage(stored)).addressed?.replyTo ?? this.#mailbox;
    const held = await findInQueue(this.#jsm, this.#handle);
    if (!held) return this.#absent(false);
    if (held.where === "queued") return this.#remove();
    if (held.where === "stuck") return this.#signalUnlessAnswered("stuck", held.evidence);
    const answered = await this.#signalUnlessAnswered("already-running", held.evidence);
    return answered.reply ? answered : { ...answered, where: held.where };
  }

  async #remove(): Promise<Cancellation> {
    const { stream, sequence } = this.#handle;
    const refused = await this.#delete();
    if (refused) return this.#absent(false);
    const delivered = await this.#delivered();
    if (delivered < sequence) {
      const evidence = `message ${sequence} was deleted from ${stream}, and the consumer had delivered up to ${delivered}`;
      return { outcome: "removed", evidence, ...this.#place() };
    }
    return this.#tooClose(delivered);
  }

  /** The server does not say of a single message whether it was delivered: the responders are asked. */
  async #tooClose(delivered: number): Promise<Cancellation> {
    const { stream, sequence, request } = this.#handle;
    const headers = cancelHeaders(sequence);
    const question = this.#nc.request(cancelSubject(request), this.#status, { headers, timeout: responderMs });
    const has = await question.then(
      ({ headers }) => headers?.code !== 503,
      () => false,
    );
    const moment = `message ${sequence} was deleted from ${stream} while the consumer went on to ${delivered}`;
    if (has) return this.#unlessAnswered("already-running", `${moment}; a responder has it in hand`);
    const answered = await this.#unlessAnswered("unknown", `${moment}; no responder says that it has it`);
    return answered.reply ? answered : { ...answered, ...this.#place() };
  }

  /** It has left the queue by itself, or the stream under this name is another one now. */
  async #absent(another: boolean): Promise<Cancellation> {
    const { stream, sequence } = this.#handle;
    const { state } = await this.#jsm.streams.info(stream);
    const delivered = await this.#delivered();
    const same = !another && state.last_seq >= sequence;
    const nowhere = another ? anotherRequest(this.#handle) : neverThere(this.#handle, state.last_seq);
    const left = `message ${sequence} has left ${stream}: acknowledged, terminated, expired or deleted`;
    const why = same ? left : nowhere;
    const answered = await this.#unlessAnswered("unknown", why);
    if (answered.reply || !same || delivered >= sequence) return answered;
    const evidence = `message ${sequence} has left ${stream}, and the consumer had delivered up to ${delivered}`;
    return { outcome: "removed", evidence, ...this.#place() };
  }

  /** Read last: until here a responder may have answered. */
  async #unlessAnswered(outcome: CancelOutcome, evidence: string): Promise<Cancellation> {
    const reply = await readStoredReply(this.#nc, this.#handle);
    if (!reply) return { outcome, evidence };
    const stored = `its reply (${reply.status}) is stored as message ${reply.sequence}`;
    return { outcome: "already-answered", evidence: stored, reply };
  }

  async #delete(): Promise<NotFoundError | undefined> {
    const { stream, sequence } = this.#handle;
    try {
      // Erased: nats-server 2.9.10 brings a message that is only marked as deleted back after a kill.
      await this.#jsm.streams.deleteMessage(stream, sequence);
      return undefined;
    } catch (error) {
      const known = fromClientError(`message ${sequence} of ${stream}`, error);
      if (known instanceof NotFoundError) return known;
      throw known;
    }
  }

  /** Responders get the cancel last of all: what they make of it is no reply to find here, but one that comes later. */
  async #signalUnlessAnswered(outcome: CancelOutcome, evidence: string): Promise<Cancellation> {
    const found = await this.#unlessAnswered(outcome, evidence);
    const { request, sequence } = this.#handle;
    if (!found.reply) {
      this.#nc.publish(cancelSubject(request), this.#status, { headers: cancelHeaders(sequence) });
    }
    return found;
  }

  #place = () => (this.#mailbox === undefined ? {} : { mailbox: this.#mailbox });

  #delivered = () => lastDelivered(this.#jsm, this.#handle.stream);
}

// Stores how a request ended, in place of a responder that will never answer it. The publish is create-only: a reply that is
// stored first stays.

export interface StoredStatus extends PubAck {
  to: string;
  payload: string;
}

/** As an event tells it. */
export const placeOf = ({ duplicate: _, ...place }: StoredStatus) => place;

/** After a cancel: stores the status of the request when no responder will. */
export async function storeStatus(
  nc: NatsConnection,
  handle: Handle,
  status: CalledOff,
  found: Cancellation,
): Promise<Cancellation & { stored?: StoredStatus }> {
  const to = found.mailbox;
  if (!to || keeping(to) !== "once") return found;
  const payload = found.outcome === "removed" ? "before any responder had it" : "as its requester wished";
  const headers = replyHeaders({ dialect: kit, replyTo: to }, handle.request, status, payload, true);
  const answer = await publishOnce(nc, to, payload, headers);
  if (!(answer instanceof Error)) return { ...found, stored: { ...answer, to, payload } };
  if (!(answer instanceof AlreadyStoredError)) {
    return { ...found, evidence: `${found.evidence}; its status could not be stored: ${answer.message}` };
  }
  const reply = await readStoredReply(nc, handle).catch(() => undefined);
  const evidence = "its reply was stored first";
  return { outcome: "already-answered", evidence, ...(reply ? { reply } : {}) };
}
