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
import type { NatsConnection, Subscription } from "@nats-io/nats-core";
import type { Observe, ResponderEvent } from "../history/event.js";
import { AlreadyStored, NotPermitted } from "../protocol/errors.js";
import { type RequestHeaders, readRequest } from "../protocol/messages.js";
import { ackToRemovalMs } from "../protocol/replicas.js";
import type { RequireAddress } from "../protocol/reply-addresses.js";
import { fromClientError } from "../protocol/server-error.js";
import { deadLetter } from "./last-attempt.js";
import type { ReplySender } from "./reply-sender.js";
import { endingOf, findReply } from "./stored-reply.js";

export interface RescueOptions {
  stream: string;
  consumer: string;
  ackWaitMs: number;
  maxDeliver: number;
  sender: ReplySender;
  requireAddress: RequireAddress;
  observe?: Observe<ResponderEvent>;
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
          if (!error) this.#then((jsm) => this.#save(jsm, msg.json<{ stream_seq: number }>().stream_seq));
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
      await this.#save(jsm, seq);
    }
  }

  /** In the order of every ending: copied, told, and only then removed. */
  async #save(jsm: JetStreamManager, seq: number): Promise<void> {
    const { stream, maxDeliver, observe } = this.#options;
    const stored = await jsm.streams.getMessage(stream, { seq });
    if (!stored) return;
    const read = this.#read(stored);
    const request = read.id ?? `${stream}:${seq}`;
    const reply = await findReply(this.#nc, read.addressed?.replyTo ?? "");
    if (reply) {
      observe?.({ type: "already-answered", request, ending: endingOf(reply) });
    } else {
      const why = `delivered ${maxDeliver} times, and no attempt came to an end`;
      if (!(await this.#bury(stored, { ...read, id: request }, why))) return;
    }
    await jsm.streams.deleteMessage(stream, seq);
    observe?.({ type: "terminated", request, reason: "it would never have been delivered again" });
  }

  /** Without an address that is not allowed: no attempt came to an end, so nobody has looked at it. */
  #read(stored: StoredMsg): RequestHeaders {
    const { addressed, ...read } = readStored(stored);
    try {
      if (addressed) this.#options.requireAddress(addressed.replyTo);
      return addressed ? { ...read, addressed } : read;
    } catch {
      return read;
    }
  }

  /** True once the dead letter and its reply are stored, or it was replayed by now. */
  async #bury(stored: StoredMsg, read: RequestHeaders & { id: string }, why: string): Promise<boolean> {
    const { maxDeliver, observe, sender } = this.#options;
    const delivery = { sequence: stored.seq, delivery: maxDeliver };
    const { id: request, addressed: to } = read;
    const { subject, data } = stored;
    const msg = read.unreadable ? { subject, data } : { subject, data, headers: stored.header };
    const failed = { id: request, msg, delivery, ...(to ? { addressed: to } : {}) };
    const told = await deadLetter(this.#nc, failed, why, observe);
    if (told instanceof Error) return false;
    if (!to || told.silent) return true;
    const { ending, headers = {} } = told;
    const send = async () => sender.send({ request, to, ending, payload: why, headers });
    const sent = await send().catch((e: Error) => e);
    if (sent instanceof Error) return sent instanceof AlreadyStored;
    const where = sent ? { stream: sent.stream, sequence: sent.sequence } : {};
    observe?.({ type: "replied", request, ending, to: to.replyTo, payload: why, ...where });
    return true;
  }
}

type Kind = Partial<Pick<StreamConfig, "retention" | "num_replicas">>;

/** Nothing where it may not be asked: whoever withholds that has the streams as the kit sets them up. */
async function kindOf(jsm: JetStreamManager, stream: string): Promise<Kind> {
  try {
    return (await jsm.streams.info(stream)).config;
  } catch (error) {
    const told = fromClientError(`stream ${stream}`, error);
    if (told instanceof NotPermitted) return {};
    throw told;
  }
}

/** Lazily: the headers are parsed, and may be refused, when they are read. */
function readStored(stored: StoredMsg): RequestHeaders {
  return readRequest({
    subject: stored.subject,
    get headers() {
      return stored.header;
    },
  });
}
