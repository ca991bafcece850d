// Max deliveries watcher: makes dead letters of requests that the server no longer delivers although none was settled.

import {
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  type SeqMsgRequest,
  type StoredMsg,
  type StreamConfig,
} from "@nats-io/jetstream";
import type { NatsConnection, Subscription } from "@nats-io/nats-core";
import { wait } from "../common/wait.js";
import { AlreadyStoredError, NotPermittedError } from "../protocol/errors.js";
import type { Observe, ResponderEvent } from "../protocol/events.js";
import { type RequestHeaders, readRequest } from "../protocol/headers.js";
import { fromClientError } from "../protocol/server-error.js";
import { ackToRemovalMs } from "../protocol/server-version.js";
import type { RequireAddress } from "../protocol/subjects.js";
import { deadLetter } from "./dead-letters.js";
import { findReply, type ReplyPublisher, statusOf } from "./reply-publisher.js";

interface WatcherOptions {
  stream: string;
  consumer: string;
  ackWaitMs: number;
  /** Deliveries per request; the watcher does nothing without a limit. */
  maxDeliver: number;
  replies: ReplyPublisher;
  requireAddress: RequireAddress;
  observe?: Observe<ResponderEvent> | undefined;
}

type StreamKind = Partial<Pick<StreamConfig, "retention" | "num_replicas">>;

/**
 * A responder may crash at the last attempt, or fail to store the dead letter. At `max_deliver` the server then keeps the
 * message in the work queue, neither pending nor waiting for an ack (nats-server #5564).
 *
 * - The server's MAX_DELIVERIES advisory names such a message. One responder of the queue group handles it.
 * - A scan of the stream, every `ack_wait` (1 to 60 s), finds what no advisory named.
 * - What fails is found again by the next scan.
 */
export class MaxDeliveriesWatcher {
  readonly #nc: NatsConnection;
  readonly #options: WatcherOptions;
  #advisories: Subscription | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #kind: StreamKind | undefined;
  /** One message after the other: it is rare, and not urgent. */
  #work: Promise<void> = Promise.resolve();

  constructor(nc: NatsConnection, options: WatcherOptions) {
    this.#nc = nc;
    this.#options = options;
  }

  /** Before the first pull: a pull may cause the first advisory. */
  start(): void {
    const { stream, consumer, ackWaitMs, maxDeliver } = this.#options;
    if (maxDeliver <= 0) return;
    this.#advisories = this.#nc.subscribe(`$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.${stream}.${consumer}`, {
      queue: "rescue",
      callback: (error, msg) => {
        if (!error) this.#enqueue((jsm) => this.#end(jsm, msg.json<{ stream_seq: number }>().stream_seq));
      },
    });
    const scan = () => this.#enqueue((jsm) => this.#scan(jsm));
    this.#timer = setInterval(scan, Math.max(1_000, Math.min(ackWaitMs, 60_000)));
    scan();
  }

  /** Finishes the message that it works on. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    if (!this.#nc.isClosed()) this.#advisories?.unsubscribe();
    await this.#work;
  }

  #enqueue(act: (jsm: JetStreamManager) => Promise<void>): void {
    const work = async () => {
      if (!this.#stopped) await act(await jetstreamManager(this.#nc, { checkAPI: false }));
    };
    this.#work = this.#work.then(work).catch(() => {});
  }

  /** If nothing is pending or waits for an ack, each delivered message that is still in the stream is undeliverable. */
  async #scan(jsm: JetStreamManager): Promise<void> {
    const { stream, consumer } = this.#options;
    const { num_pending, num_ack_pending, delivered } = await jsm.consumers.info(stream, consumer);
    if (num_pending > 0 || num_ack_pending > 0) return;
    this.#kind ??= await kindOf(jsm, stream);
    const kind = this.#kind;
    // Such a stream keeps acked messages, too, and nothing tells them apart.
    if (kind.retention === RetentionPolicy.Limits) return;
    // With replicas the server counts an ack a moment before it removes the message.
    if (kind.num_replicas !== 1) await wait(ackToRemovalMs);
    for (let seq = 1; !this.#stopped; seq++) {
      // The server takes both (`next_by_subj` from `seq` on); the client's type allows one at a time.
      const query = { seq, next_by_subj: "requests.*" } as SeqMsgRequest;
      const next = await jsm.streams.getMessage(stream, query);
      if (!next || next.seq > delivered.stream_seq) return;
      seq = next.seq;
      await this.#end(jsm, seq);
    }
  }

  /** Copies the request, stores its reply, and only then removes it: a failure leaves it for the next scan. */
  async #end(jsm: JetStreamManager, seq: number): Promise<void> {
    const { stream, maxDeliver, observe } = this.#options;
    const stored = await jsm.streams.getMessage(stream, { seq });
    if (!stored) return;
    const read = this.#readStored(stored);
    const request = read.id ?? `${stream}:${seq}`;
    const reply = await findReply(this.#nc, read.addressed?.replyTo ?? "");
    if (reply) {
      observe?.({ type: "already-answered", request, status: statusOf(reply) });
    } else {
      const reason = `delivered ${maxDeliver} times, and no attempt came to an end`;
      if (!(await this.#deadLetter(stored, { ...read, id: request }, reason))) return;
    }
    await jsm.streams.deleteMessage(stream, seq);
    observe?.({ type: "terminated", request, reason: "it would never have been delivered again" });
  }

  /** Whether the dead letter and its reply are stored, or the dead letter was replayed by now. */
  async #deadLetter(
    stored: StoredMsg,
    { id: request, addressed: to, unreadable }: RequestHeaders & { id: string },
    reason: string,
  ): Promise<boolean> {
    const { maxDeliver, observe, replies } = this.#options;
    const { subject, data, seq: sequence } = stored;
    const result = await deadLetter(
      this.#nc,
      { data, headers: unreadable ? undefined : stored.header },
      { request, subject, sequence, deliveries: maxDeliver, reason, replyTo: to?.replyTo },
      observe,
    );
    if (result instanceof Error) return false;
    if (!to || result.silent) return true;
    const { status, headers } = result;
    const content = { status, payload: reason, headers };
    const sent = await replies.store(to, request, content).catch((e: Error) => e);
    if (sent instanceof Error) return sent instanceof AlreadyStoredError;
    const place = sent && { stream: sent.stream, sequence: sent.sequence };
    observe?.({ type: "replied", request, status, to: to.replyTo, payload: reason, ...place });
    return true;
  }

  /** A forbidden address is left out: no attempt has checked it. The getter is lazy, because parsing headers may throw. */
  #readStored(stored: StoredMsg): RequestHeaders {
    const { addressed, ...read } = readRequest({
      subject: stored.subject,
      get headers() {
        return stored.header;
      },
    });
    try {
      if (addressed) this.#options.requireAddress(addressed.replyTo);
      return addressed ? { ...read, addressed } : read;
    } catch {
      return read;
    }
  }
}

/** Empty if the account may not read the stream's configuration: such accounts have the streams that `jsrr setup` makes. */
async function kindOf(jsm: JetStreamManager, stream: string): Promise<StreamKind> {
  try {
    return (await jsm.streams.info(stream)).config;
  } catch (error) {
    const kitError = fromClientError(`stream ${stream}`, error);
    if (kitError instanceof NotPermittedError) return {};
    throw kitError;
  }
}
