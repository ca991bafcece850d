// Cancels a request: asks the responders, takes it out of the queue, and verifies with the server whether that came in time.
import type { ConsumerInfo, JetStreamManager, StreamState } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { wait } from "../common/wait.js";
import { answerMs } from "../connection/flush.js";
import { jetStreamManager } from "../connection/jetstream.js";
import { pubAckTimeoutMs, publishOnce } from "../connection/publish.js";
import { isFinal, retryUntilAnswered } from "../connection/retry.js";
import { type CalledOff, cancelHeaders } from "../protocol/cancel.js";
import { kit } from "../protocol/dialects/kit.js";
import {
  AlreadyStoredError,
  InvalidInputError,
  type KitError,
  NoAnswerError,
  NotFoundError,
} from "../protocol/errors.js";
import type { CancelOutcome, Whereabouts } from "../protocol/events.js";
import { readRequest, replyHeaders } from "../protocol/headers.js";
import type { PubAck } from "../protocol/pub-ack.js";
import { fromClientError } from "../protocol/server-error.js";
import { ackToRemovalMs } from "../protocol/server-version.js";
import { type QueueNames, quote } from "../protocol/subjects.js";
import { answeredAt, nanoseconds, whyUnproven } from "./delivery-proof.js";
import { type HandleOptions, withRequest } from "./find-request.js";
import type { Handle, HandleLike } from "./handle.js";
import {
  anotherRequest,
  consumerOf,
  consumersOf,
  findInQueue,
  type InQueue,
  isSame,
  neverThere,
} from "./queue-state.js";
import { findSchedule, scheduledTime } from "./schedule.js";
import { asMessage, readStoredReply, replyPlace, type StoredReply } from "./stored-reply.js";

/** What became of a cancel, verified with the server. */
export interface CancelResult {
  outcome: CancelOutcome;
  /** How it is known, in words. */
  evidence: string;
  /** With `already-answered`; its status may also be that it was cancelled before. */
  reply?: StoredReply;
  /** The status `cancelled`, stored in the mailbox: with `removed`, and with `unknown` if the request was deleted. */
  stored?: StoredStatus;
}

/**
 * Cancels a request from any process that has its handle. The responders are asked first, with a message on `cancels.<request id>`.
 * - `removed`: the request is deleted, no responder ever received it, and its mailbox says `cancelled`. This is proven: the consumer,
 *   its leader and the run of its server are older than the request, and the consumer had not come to it.
 * - `already-running`: a responder answered that it has it; its handler's `signal` fires, and what the handler returns is the reply.
 * - `stuck`: it stays in the queue, and the server will not deliver it again.
 * - `already-answered`: too late, `reply` is stored.
 * - `unknown`: none of these is proven, and the evidence says why. A request that was never delivered as far as the server knows (it
 *   was killed, has another leader, or its consumer was made anew) is deleted, and its mailbox says `cancelled`. A request that was
 *   delivered, and that no responder says to have, stays in the queue.
 *
 * If the server does not answer after the deletion was sent, or does not store the status, the call rejects or says so, and the
 * cancel is finished in the background for as long as the connection is open.
 * @throws InvalidInputError when the handle is none, or of another stream; NotSetUpError, NotPermittedError, NoAnswerError when the
 * server does not answer within 5 s, and the other errors of the server.
 */
export async function cancel(nc: NatsConnection, of: HandleLike, options: HandleOptions = {}): Promise<CancelResult> {
  return withRequest(nc, "cancel", of, options, cancelIn);
}

export async function cancelIn(nc: NatsConnection, names: QueueNames, handle: Handle): Promise<CancelResult> {
  const withdrawal = new Withdrawal(nc, names, handle, "cancelled");
  try {
    const found = await withdrawal.attempt();
    const { mailbox: _, where: __, unstored, ...result } = await withdrawal.end(found);
    if (unstored) void withdrawal.finish(found);
    return result;
  } catch (error) {
    if (error instanceof NoAnswerError && withdrawal.deleting) void withdrawal.finish();
    throw error;
  }
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

/** A cancellation after its status was stored, if that was to be. */
export interface EndedCancellation extends Cancellation {
  stored?: StoredStatus;
  /** Why the status could not be stored, if it may be stored later. */
  unstored?: KitError;
}

/** Milliseconds from the time of a schedule until its request is stored, at most. */
const publishingMs = 1_000;

/** Milliseconds to wait for the PubAck of a status that is stored in the background: a leader that is elected meanwhile has not seen it. */
const laterStatusMs = 1_000;

/** Milliseconds that responders get to say that they have a request in hand. */
const responderMs = 500;

/**
 * One cancel of one request.
 * - The responders are asked first. From then on those that are connected do not begin it.
 * - Scheduled for later: its schedule is deleted, and the outcome is `removed`.
 * - Delivered already: it is not deleted. It is `already-running` if a responder answers, otherwise `unknown`.
 * - Stuck: it is not deleted either, for the dead letter that the kit's responder makes of it. A responder that took longer than
 *   `ack_wait` may be at work on it, and answers.
 * - Not delivered: it is deleted by its sequence, and the consumer is asked once more. What is still below its sequence
 *   then has never been delivered and never will be: `removed`, if the consumer's count covers the whole life of the request
 *   (`whyUnproven`). If the consumer went past it in that moment, only a responder can say that it has it; when none does, the
 *   outcome is `unknown`.
 *
 * The server updates "delivered" before the message leaves it (one copy; with replicas the leader says what a quorum
 * has confirmed, which can be a moment behind).
 */
export class Withdrawal {
  readonly #nc: NatsConnection;
  readonly #names: QueueNames;
  #handle: Handle;
  readonly #status: CalledOff;
  readonly #sentAt: number | undefined;
  #jsm!: JetStreamManager;
  #mailbox: string | undefined;
  /** As the stream holds it: an account may map the subject that was published to. */
  #subject: string | undefined;
  /** Nanoseconds since the epoch by the server's clock: when it was stored, or a moment before. */
  #storedAt: bigint | undefined;
  /** The question that responders get, and whether one has answered it. */
  #asked!: Promise<boolean>;
  #inHand = false;
  #running: Promise<Cancellation> | undefined;
  /** Milliseconds to wait for each answer. Less where it is asked again: a question that was sent before a leader was elected has none. */
  answerMs = 5_000;
  /** The deletion was sent: what was begun has to be finished. */
  deleting = false;
  /** The time to live of the message is over, so the server has removed it, delivered or not. */
  lifeIsOver = false;

  /** `sentAt`: when this process published the request, by `performance.now()`; undefined if it may have been sent before that. */
  constructor(nc: NatsConnection, names: QueueNames, handle: Handle, status: CalledOff, sentAt?: number) {
    this.#nc = nc;
    this.#names = names;
    this.#handle = handle;
    this.#status = status;
    this.#sentAt = sentAt;
    this.#mailbox = replyPlace(names, handle).subject;
  }

  /** @throws InvalidInputError for a handle of another stream, NotSetUpError, NoAnswerError and the other errors of the server. */
  attempt(): Promise<Cancellation> {
    this.#running ??= this.#attempt().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Stores the status of the request if no responder will. */
  async end(found: Cancellation): Promise<EndedCancellation> {
    return storeStatus(this.#nc, this.#names, this.#handle, this.#status, found);
  }

  /**
   * Repeats the attempt until the server has answered and the status is stored, or the connection is closed. Joins an attempt that
   * is under way. Never rejects.
   * @param found the result of an attempt whose status is not stored yet. The attempt is not repeated: the message is deleted, so the
   * server could prove less than before.
   * @returns the result, or undefined if there is none.
   */
  async finish(found?: Cancellation): Promise<EndedCancellation | undefined> {
    this.answerMs = answerMs;
    let known = found;
    let result: EndedCancellation | undefined;
    const ask = async () => {
      known ??= await this.attempt();
      const ended = await storeStatus(this.#nc, this.#names, this.#handle, this.#status, known, true);
      if (ended.unstored) throw ended.unstored;
      result = ended;
    };
    await retryUntilAnswered([ask], () => this.#nc.isClosed());
    return result;
  }

  async #attempt(): Promise<Cancellation> {
    const { stream, sequence, request } = this.#handle;
    const { requestStream } = this.#names;
    if (stream !== requestStream) {
      // A reply has its request's id, too: taken for the request, it would be deleted.
      throw new InvalidInputError(
        `Expected the handle of a request in ${requestStream}, got one in ${quote(stream)}: nothing was cancelled.`,
      );
    }
    try {
      this.#jsm = await jetStreamManager(this.#nc, this.#names, this.answerMs);
      this.#asked = this.#ask();
      const unscheduled = this.#handle.at === undefined ? undefined : await this.#unschedule(this.#handle.at);
      if (unscheduled) return unscheduled;
      if (sequence > 0) return await this.#withdraw();
      const unknown = `no PubAck came, so where ${stream} holds it is unknown`;
      return await this.#unlessInHand("unknown", unknown);
    } catch (error) {
      throw fromClientError(`request ${request}`, error, this.#names);
    }
  }

  /** Undefined if the request is in the queue by now, or has left it. */
  async #unschedule(at: number): Promise<Cancellation | undefined> {
    const found = await findSchedule(this.#jsm, this.#names, { ...this.#handle, at });
    if (!found?.scheduled) {
      if (found) this.#handle = found.request;
      return undefined;
    }
    const { scheduled, nowMs } = found;
    const { stream } = this.#handle;
    const askedAt = performance.now();
    this.#mailbox = readRequest(asMessage(scheduled)).addressed?.replyTo ?? this.#mailbox;
    this.deleting = true;
    await this.#delete(scheduled.seq);
    // At its time the server may be about to publish the request.
    const leftMs = found.at - nowMs - (performance.now() - askedAt);
    if (leftMs < publishingMs) {
      await wait(Math.max(0, leftMs) + publishingMs);
      const due = await findSchedule(this.#jsm, this.#names, { ...this.#handle, at });
      if (due && !due.scheduled) {
        this.#handle = due.request;
        return undefined;
      }
    }
    const evidence = `message ${scheduled.seq}, its schedule for ${new Date(found.at).toISOString()}, was deleted from ${stream}`;
    const ended = await this.#unlessAnswered("removed", evidence);
    return ended.outcome === "removed" ? { ...ended, ...this.#place() } : ended;
  }

  async #withdraw(): Promise<Cancellation> {
    const held = await findInQueue(this.#nc, this.#jsm, this.#names, this.#handle);
    if (!held) return this.#absent(false);
    const { where, evidence, stored } = held;
    if (!isSame(stored, this.#handle)) return this.#absent(true);
    if (where === "scheduled") return (await this.#unschedule(scheduledTime(stored) ?? 0)) ?? this.#withdraw();
    this.#storedAt = nanoseconds(stored.timestamp);
    this.#subject = stored.subject;
    this.#mailbox = readRequest(asMessage(stored)).addressed?.replyTo ?? this.#mailbox;
    if (!held.delivered) return this.#remove(held);
    if (where === "stuck") return this.#unlessInHand("stuck", evidence);
    const found = await this.#unlessInHand("unknown", evidence);
    return found.reply ? found : { ...found, where };
  }

  /** The consumer has not come to it, as far as its server knows. */
  async #remove({ stored, consumer: before, evidence, doubt }: InQueue): Promise<Cancellation> {
    const { stream, sequence } = this.#handle;
    // Without a proof it may be in hand, and then it has to stay in the queue: its responder may crash.
    if (doubt && (await this.#asked)) return this.#alreadyRunning(evidence);
    this.deleting = true;
    const refused = await this.#delete();
    if (refused) return this.#absent(false);
    // With replicas a delivery is on its way to a quorum before it counts.
    if ((before?.config.num_replicas ?? 1) > 1 || before?.cluster?.replicas?.length) await wait(ackToRemovalMs);
    const after = await consumerOf(this.#jsm, this.#names, stream, stored.subject);
    const delivered = after?.delivered.stream_seq ?? 0;
    if (delivered >= sequence) return this.#tooClose(delivered);
    const gone = `message ${sequence} was deleted from ${stream}`;
    const reason = doubt ?? (await this.#whyUnproven(after));
    if (this.#inHand || (reason && (await this.#asked))) return this.#alreadyRunning(gone);
    if (reason) return this.#unproven(`${gone}; whether a responder received it is unknown: ${reason}`);
    return {
      outcome: "removed",
      evidence: `${gone}, and the consumer had delivered up to ${delivered}`,
      ...this.#place(),
    };
  }

  /** Those that may have delivered it. */
  async #consumers(): Promise<ConsumerInfo[]> {
    const { stream } = this.#handle;
    const one = this.#subject && (await consumerOf(this.#jsm, this.#names, stream, this.#subject));
    return one ? [one] : consumersOf(this.#jsm, this.#names, stream);
  }

  #whyUnproven(consumer: ConsumerInfo | undefined): Promise<string | undefined> {
    if (consumer) return whyUnproven(this.#nc, this.#jsm, consumer, this.#storedAt);
    return Promise.resolve("no consumer takes its subject now, and one that was removed may have delivered it");
  }

  /** The server does not say of a single message whether it was delivered: the responders are asked again. */
  async #tooClose(delivered: number): Promise<Cancellation> {
    const { stream, sequence } = this.#handle;
    const moment = `message ${sequence} was deleted from ${stream} while the consumer went on to ${delivered}`;
    if (await this.#hasArrived()) return this.#alreadyRunning(moment);
    return this.#unproven(`${moment}; no responder says that it has it`);
  }

  /** It has left the queue by itself, or the stream under this name is another one now. */
  async #absent(another: boolean): Promise<Cancellation> {
    const { stream, sequence } = this.#handle;
    const { state } = await this.#jsm.streams.info(stream);
    const consumers = await this.#consumers();
    const receivedAt = performance.now();
    if (another) return this.#unlessAnswered("unknown", anotherRequest(this.#handle));
    if (state.last_seq < sequence) return this.#unlessAnswered("unknown", neverThere(this.#handle, state.last_seq));
    const left = `message ${sequence} has left ${stream}: acknowledged, terminated, expired or deleted`;
    const found = await this.#unlessAnswered("unknown", left);
    // A status like this one's may be what the cancel has caused.
    if (found.reply && found.reply.status !== this.#status) return found;
    if (await this.#asked) return this.#alreadyRunning(`message ${sequence} has left ${stream}`);
    if (found.reply) return found;
    const ends = this.deleting || this.lifeIsOver;
    const delivered = Math.max(0, ...consumers.map((info) => info.delivered.stream_seq));
    if (delivered >= sequence || consumers.length === 0) {
      return ends ? this.#unproven(`${left}; no responder says that it has it`) : found;
    }
    this.#storedAt ??= this.#storedAfter(state, consumers, receivedAt);
    for (const consumer of consumers) {
      const reason = await this.#whyUnproven(consumer);
      if (!reason) continue;
      const evidence = `${left}; whether a responder received it is unknown: ${reason}`;
      return ends ? this.#unproven(evidence) : { ...found, evidence };
    }
    const evidence = `message ${sequence} has left ${stream}, and the consumer had delivered up to ${delivered}`;
    return { outcome: "removed", evidence, ...this.#place() };
  }

  /** A time before which a message that is gone was not stored: that of a message before it, or of its publish. */
  #storedAfter(state: StreamState, consumers: ConsumerInfo[], receivedAt: number): bigint | undefined {
    const { sequence } = this.#handle;
    if (state.last_seq === sequence) return nanoseconds(state.last_ts);
    const sent = consumers[0] && answeredAt(consumers[0]);
    if (this.#sentAt !== undefined && sent !== undefined) {
      return sent - BigInt(Math.ceil((receivedAt - this.#sentAt) * 1e6));
    }
    return state.messages > 0 && state.first_seq < sequence ? nanoseconds(state.first_ts) : undefined;
  }

  /** Deleted, or gone, and not proven to be undelivered. It will not be delivered again, so its status is stored. */
  async #unproven(evidence: string): Promise<Cancellation> {
    const found = await this.#unlessAnswered("unknown", evidence);
    return found.reply ? found : { ...found, ...this.#place() };
  }

  /** Whether a responder answers that it has the request in hand. Never rejects. */
  async #ask(): Promise<boolean> {
    const { sequence, request } = this.#handle;
    const headers = cancelHeaders(sequence);
    const answer = this.#nc.request(this.#names.cancelSubject(request), this.#status, {
      headers,
      timeout: responderMs,
    });
    const has = await answer.then(
      ({ headers }) => headers?.code !== 503,
      () => false,
    );
    this.#inHand ||= has;
    return has;
  }

  /** It may have been delivered after the first question: the responders are asked again. */
  async #hasArrived(): Promise<boolean> {
    return this.#inHand || (await this.#ask()) || this.#inHand;
  }

  async #unlessInHand(outcome: CancelOutcome, evidence: string): Promise<Cancellation> {
    if (await (this.#handle.sequence > 0 ? this.#hasArrived() : this.#asked)) return this.#alreadyRunning(evidence);
    return this.#unlessAnswered(
      outcome,
      outcome === "unknown" ? `${evidence}; no responder says that it has it` : evidence,
    );
  }

  #alreadyRunning(evidence: string): Cancellation {
    return { outcome: "already-running", evidence: `${evidence}; a responder has it in hand` };
  }

  /** Read last: until here a responder may have answered. */
  async #unlessAnswered(outcome: CancelOutcome, evidence: string): Promise<Cancellation> {
    const reply = await readStoredReply(this.#nc, this.#names, this.#handle, this.answerMs);
    if (!reply) return { outcome, evidence };
    const stored = `its reply (${reply.status}) is stored as message ${reply.sequence}`;
    return { outcome: "already-answered", evidence: stored, reply };
  }

  async #delete(sequence = this.#handle.sequence): Promise<NotFoundError | undefined> {
    const { stream } = this.#handle;
    try {
      // Erased: nats-server 2.9.10 brings a message that is only marked as deleted back after a kill.
      await this.#jsm.streams.deleteMessage(stream, sequence);
      return undefined;
    } catch (error) {
      const known = fromClientError(`message ${sequence} of ${stream}`, error, this.#names);
      if (known instanceof NotFoundError) return known;
      throw known;
    }
  }

  #place = () => (this.#mailbox === undefined ? {} : { mailbox: this.#mailbox });
}

// Stores how a request ended, in place of a responder that will never answer it. The publish is create-only: a reply that is
// stored first stays.

/** The place of a stored status, and its message. */
export interface StoredStatus extends PubAck {
  /** The subject of the mailbox. */
  to: string;
  payload: string;
}

/** As an event contains it. */
export const placeOf = ({ duplicate: _, ...place }: StoredStatus) => place;

async function storeStatus(
  nc: NatsConnection,
  names: QueueNames,
  handle: Handle,
  status: CalledOff,
  found: Cancellation,
  again = false,
): Promise<EndedCancellation> {
  const to = found.mailbox;
  if (!to || names.keeping(to) !== "once") return found;
  const payload = found.outcome === "removed" ? "before any responder had it" : "as its requester wished";
  const headers = replyHeaders({ dialect: kit, replyTo: to }, handle.request, status, payload, true);
  const answer = await publishOnce(nc, names, to, payload, headers, again ? laterStatusMs : pubAckTimeoutMs);
  if (!(answer instanceof Error)) return { ...found, stored: { ...answer, to, payload } };
  if (!(answer instanceof AlreadyStoredError)) {
    const evidence = `${found.evidence}; its status could not be stored: ${answer.message}`;
    return { ...found, evidence, ...(isFinal(answer) ? {} : { unstored: answer }) };
  }
  const reply = await readStoredReply(nc, names, handle).catch(() => undefined);
  // Of an earlier publish of this status, whose PubAck was lost.
  if (again && reply?.status === status && reply.text === payload) {
    return { ...found, stored: { stream: names.streamOf(to), sequence: reply.sequence, duplicate: true, to, payload } };
  }
  const evidence = "its reply was stored first";
  return { outcome: "already-answered", evidence, ...(reply ? { reply } : {}) };
}
