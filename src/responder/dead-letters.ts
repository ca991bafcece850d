// Requests that the server delivers no more although nobody ended them: the responder crashed at the last attempt, or
// could not put it aside. At `max_deliver` the server keeps such a message in the work queue, neither pending nor waiting
// for an ack (nats-server #5564); here it becomes a dead letter. Only where the consumer has a `max_deliver`.

import { setTimeout as passed } from "node:timers/promises";
import {
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  type SeqMsgRequest,
  type StoredMsg,
  type StreamConfig,
} from "@nats-io/jetstream";
import type { MsgHdrs, NatsConnection, Subscription } from "@nats-io/nats-core";
import { publishOnce } from "../connection/publish.js";
import { type DeadLetterFacts, deadLetterHeader, deadLetterHeaders } from "../protocol/dead-letter.js";
import { AlreadyStoredError, type KitError, NotPermittedError } from "../protocol/errors.js";
import type { Observe, ResponderEvent } from "../protocol/events.js";
import { type RequestHeaders, readRequest } from "../protocol/messages.js";
import type { PubAck } from "../protocol/pub-ack.js";
import { fromClientError } from "../protocol/server-error.js";
import { ackToRemovalMs } from "../protocol/server-version.js";
import { deadLetterStream, deadLetterSubject, header, type RequireAddress } from "../protocol/subjects.js";
import type { Delivery } from "./delivery.js";
import type { ReplySender } from "./reply-publisher.js";
import { findReply, type Result, statusOf } from "./settlement.js";

interface RescueOptions extends StuckOptions {
  consumer: string;
  ackWaitMs: number;
}

export class Rescue {
  readonly #nc: NatsConnection;
  readonly #options: RescueOptions;
  #advisories: Subscription | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #kind: Kind | undefined;
  /** One after the other: it is rare, and never in a hurry. */
  #work: Promise<void> = Promise.resolve();

  constructor(nc: NatsConnection, options: RescueOptions) {
    this.#nc = nc;
    this.#options = options;
  }

  /** Before the first pull: it may be what makes the server say that a message had its last delivery. */
  start(): void {
    const { stream, consumer, ackWaitMs, maxDeliver } = this.#options;
    if (maxDeliver <= 0) return;
    // One of all responders is told. Who may not listen there finds the message by looking.
    this.#advisories = this.#nc.subscribe(
      `$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.${stream}.${consumer}`,
      {
        queue: "rescue",
        callback: (error, msg) => {
          if (!error) this.#then((jsm) => this.#end(jsm, msg.json<{ stream_seq: number }>().stream_seq));
        },
      },
    );
    const look = () => this.#then((jsm) => this.#look(jsm));
    this.#timer = setInterval(look, Math.max(1_000, Math.min(ackWaitMs, 60_000)));
    look();
  }

  /** Finishes the message it is at. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    if (!this.#nc.isClosed()) this.#advisories?.unsubscribe();
    await this.#work;
  }

  /** What fails now is found again at the next look. */
  #then(act: (jsm: JetStreamManager) => Promise<void>): void {
    const work = async () => {
      if (!this.#stopped) await act(await jetstreamManager(this.#nc, { checkAPI: false }));
    };
    this.#work = this.#work.then(work).catch(() => {});
  }

  #end(jsm: JetStreamManager, seq: number): Promise<void> {
    return endStuck(this.#nc, jsm, seq, this.#options);
  }

  /** Where nothing can be delivered and nobody is at work, what was delivered and is still there is stuck. */
  async #look(jsm: JetStreamManager): Promise<void> {
    const { stream, consumer } = this.#options;
    const { num_pending, num_ack_pending, delivered } = await jsm.consumers.info(stream, consumer);
    if (num_pending > 0 || num_ack_pending > 0) return;
    this.#kind ??= await kindOf(jsm, stream);
    const kind = this.#kind;
    // What is acknowledged stays in such a stream, and nothing tells it from what is stuck.
    if (kind.retention === RetentionPolicy.Limits) return;
    // With replicas an ack counts a moment before its message leaves: what is answered would be a dead letter.
    if (kind.num_replicas !== 1) await passed(ackToRemovalMs);
    for (let seq = 1; !this.#stopped; seq++) {
      // The server takes both (`next_by_subj` from `seq` on); the client's type knows them one at a time.
      const query = { seq, next_by_subj: "requests.*" } as SeqMsgRequest;
      const next = await jsm.streams.getMessage(stream, query);
      if (!next || next.seq > delivered.stream_seq) return;
      seq = next.seq;
      await this.#end(jsm, seq);
    }
  }
}

type Kind = Partial<Pick<StreamConfig, "retention" | "num_replicas">>;

/** Nothing where it may not be asked: whoever withholds that has the streams as the kit sets them up. */
async function kindOf(jsm: JetStreamManager, stream: string): Promise<Kind> {
  try {
    return (await jsm.streams.info(stream)).config;
  } catch (error) {
    const told = fromClientError(`stream ${stream}`, error);
    if (told instanceof NotPermittedError) return {};
    throw told;
  }
}

// Ends a request that the server delivers no more: its dead letter, and its requester told; rescue.ts finds them.

interface StuckOptions {
  stream: string;
  maxDeliver: number;
  sender: ReplySender;
  requireAddress: RequireAddress;
  observe?: Observe<ResponderEvent>;
}

/** In the order of every status: copied, told, and only then removed. What fails leaves it as it is, for another look. */
async function endStuck(
  nc: NatsConnection,
  jsm: JetStreamManager,
  seq: number,
  options: StuckOptions,
): Promise<void> {
  const { stream, maxDeliver, observe } = options;
  const stored = await jsm.streams.getMessage(stream, { seq });
  if (!stored) return;
  const read = readStored(stored, options.requireAddress);
  const request = read.id ?? `${stream}:${seq}`;
  const reply = await findReply(nc, read.addressed?.replyTo ?? "");
  if (reply) {
    observe?.({ type: "already-answered", request, status: statusOf(reply) });
  } else {
    const why = `delivered ${maxDeliver} times, and no attempt came to an end`;
    if (!(await buryOfStuck(nc, stored, { ...read, id: request }, why, options))) return;
  }
  await jsm.streams.deleteMessage(stream, seq);
  observe?.({ type: "terminated", request, reason: "it would never have been delivered again" });
}

/** True once the dead letter and its reply are stored, or it was replayed by now. */
async function buryOfStuck(
  nc: NatsConnection,
  stored: StoredMsg,
  read: RequestHeaders & { id: string },
  why: string,
  { maxDeliver, observe, sender }: StuckOptions,
): Promise<boolean> {
  const delivery = { sequence: stored.seq, delivery: maxDeliver };
  const { id: request, addressed: to } = read;
  const { subject, data } = stored;
  const msg = read.unreadable ? { subject, data } : { subject, data, headers: stored.header };
  const failed = { id: request, msg, delivery, ...(to ? { addressed: to } : {}) };
  const told = await deadLetter(nc, failed, why, observe);
  if (told instanceof Error) return false;
  if (!to || told.silent) return true;
  const { status, headers = {} } = told;
  const send = async () => sender.send({ request, to, status, payload: why, headers });
  const sent = await send().catch((e: Error) => e);
  if (sent instanceof Error) return sent instanceof AlreadyStoredError;
  const where = sent ? { stream: sent.stream, sequence: sent.sequence } : {};
  observe?.({ type: "replied", request, status, to: to.replyTo, payload: why, ...where });
  return true;
}

/**
 * Without an address that is not allowed: no attempt came to an end, so nobody has looked at it. Lazily, because headers may be
 * refused when they are parsed.
 */
function readStored(stored: StoredMsg, requireAddress: RequireAddress): RequestHeaders {
  const { addressed, ...read } = readRequest({
    subject: stored.subject,
    get headers() {
      return stored.header;
    },
  });
  try {
    if (addressed) requireAddress(addressed.replyTo);
    return addressed ? { ...read, addressed } : read;
  } catch {
    return read;
  }
}

// What becomes of a request whose attempt failed: another one later, or, after the last, a dead letter.

interface Failed {
  id: string;
  msg: Dead & { subject: string };
  delivery: Pick<Delivery, "sequence" | "delivery">;
  addressed?: { replyTo: string };
}

/** As long as a reply may be: an error's text can be of any length. */
const longestReason = 1_000;

/**
 * Copies the request to the dead letters.
 * @returns what its requester is told next, after which the request is terminated: in this order no crash loses it. Where it has
 * been replayed by now the requester is told nothing: the mailbox is the replay's. Or why there is no copy.
 */
export async function deadLetter(
  nc: NatsConnection,
  { id, msg, delivery, addressed }: Failed,
  why: string,
  observe: Observe<ResponderEvent> | undefined,
): Promise<Result | KitError> {
  const reason = why.slice(0, longestReason);
  const { sequence, delivery: deliveries } = delivery;
  const replyTo = addressed ? { replyTo: addressed.replyTo } : {};
  const facts = { request: id, subject: msg.subject, sequence, deliveries, reason, ...replyTo };
  const copy = await bury(nc, msg, facts);
  if (copy instanceof Error) return copy;
  observe?.({
    type: "dead-lettered",
    ...{ request: id, reason, stream: copy.stream, sequence: copy.sequence },
  });
  const told = { status: "dead-lettered", payload: reason, terminate: `dead-lettered: ${reason}` } as const;
  if (await isGone(nc, copy.sequence)) return { ...told, silent: true };
  return {
    ...told,
    headers: { [deadLetterHeader.letter]: String(copy.sequence) },
  };
}

/**
 * A copy that is stored once, within a day, may have been replayed since it was: by a responder that crashed right after it, or
 * because this one was slow to learn of it. Who may not read it takes it to be there.
 */
async function isGone(nc: NatsConnection, seq: number): Promise<boolean> {
  try {
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    return (await jsm.streams.getMessage(deadLetterStream, { seq })) === null;
  } catch {
    return false;
  }
}

/** The number of the attempt after which there is none: the consumer's `max_deliver`, or fewer. */
export function lastAttempt(maxDeliver: number, maxAttempts = Number.POSITIVE_INFINITY): number {
  return Math.min(maxAttempts, maxDeliver > 0 ? maxDeliver : Number.POSITIVE_INFINITY);
}

// Copies a request that gets no further attempt into DEAD_LETTERS, and waits until it is stored there.

/** What is copied; a delivered message and one read from the stream fit. `headers` is absent where nobody can read them. */
interface Dead {
  headers?: MsgHdrs | undefined;
  data: Uint8Array;
}

/**
 * Where the copy stands, or why there is none: StreamFullError, NotSetUpError, NoAnswerError, or InvalidInputError when the request leaves no
 * room for the story in `max_payload`. Made again (within the stream's `duplicate_window`) it is the same copy.
 */
export async function bury(
  nc: NatsConnection,
  { headers, data }: Dead,
  facts: DeadLetterFacts,
): Promise<PubAck | KitError> {
  const subject = deadLetterSubject(facts.subject);
  try {
    const h = deadLetterHeaders(facts, headers);
    h.set(header.expectedStream, deadLetterStream);
    h.set(header.messageId, `dead-letter-${facts.sequence}-${facts.request}`);
    return await publishOnce(nc, subject, data, h);
  } catch (error) {
    return fromClientError(`copy to ${deadLetterStream}`, error); // headers that cannot be set
  }
}
