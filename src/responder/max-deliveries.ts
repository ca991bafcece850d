// Max deliveries watcher: makes dead letters of requests that the server no longer delivers although none was settled.
import {
  type ConsumerInfo,
  DeliverPolicy,
  type JetStreamManager,
  RetentionPolicy,
  type StoredMsg,
} from "@nats-io/jetstream";
import type { NatsConnection, Subscription } from "@nats-io/nats-core";
import { oftenText } from "../common/plural.js";
import { wait } from "../common/wait.js";
import { jetStreamManager, nextMessage } from "../connection/jetstream.js";
import { AlreadyStoredError, InvalidInputError, KitError } from "../protocol/errors.js";
import type { Observe, ResponderEvent } from "../protocol/events.js";
import { type RequestHeaders, readRequest } from "../protocol/headers.js";
import { ackToRemovalMs } from "../protocol/server-version.js";
import { filtersOf, matches } from "../protocol/subject-patterns.js";
import type { QueueNames, RequireAddress } from "../protocol/subjects.js";
import { deadLetter } from "./dead-letters.js";
import { findReply, type ReplyPublisher, statusOf } from "./reply-publisher.js";

/** Messages that are looked at for a report: a mirror that is away for long keeps any number. */
const mostReported = 1_000;

interface WatcherOptions {
  names: QueueNames;
  consumer: string;
  ackWaitMs: number;
  /** The consumer's own limit; -1 for none. */
  maxDeliver: number;
  replies: ReplyPublisher;
  requireAddress: RequireAddress;
  observe?: Observe<ResponderEvent> | undefined;
}

/**
 * A consumer with `max_deliver` may stop delivering a request that has no end: a responder crashed at the last attempt, or could not
 * store the dead letter. The server then keeps the message, neither pending nor waiting for an ack (nats-server #5564).
 *
 * - The server's MAX_DELIVERIES advisory names such a message. One responder of the queue group handles it.
 * - A scan of the stream, every `ack_wait` (1 to 60 s), also under load, finds what no advisory named. It ends a message only if
 *   nothing else explains why the stream still holds it (see `#scan`).
 * - What fails is found again by the next scan.
 *
 * `setup` leaves `max_deliver` at -1. Then one scan ends what an earlier limit left behind.
 */
export class MaxDeliveriesWatcher {
  readonly #nc: NatsConnection;
  readonly #options: WatcherOptions;
  #advisories: Subscription | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  /** Sequences of messages that were reported, or need no report. */
  readonly #reported = new Set<number>();
  /** One message after the other: it is rare, and not urgent. */
  #work: Promise<void> = Promise.resolve();

  constructor(nc: NatsConnection, options: WatcherOptions) {
    this.#nc = nc;
    this.#options = options;
  }

  /** Before the first pull: a pull may cause the first advisory. */
  start(): void {
    const { names, consumer, ackWaitMs, maxDeliver } = this.#options;
    const scan = () => this.#enqueue((jsm) => this.#scan(jsm));
    if (maxDeliver > 0) {
      this.#advisories = this.#nc.subscribe(
        `$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.${names.requestStream}.${consumer}`,
        {
          queue: "rescue",
          callback: (error, msg) => {
            if (!error) this.#enqueue((jsm) => this.#end(jsm, msg.json<{ stream_seq: number }>().stream_seq));
          },
        },
      );
      this.#timer = setInterval(scan, Math.max(1_000, Math.min(ackWaitMs, 60_000)));
    }
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
      if (!this.#stopped) await act(await jetStreamManager(this.#nc, this.#options.names));
    };
    this.#work = this.#work.then(work).catch(() => {});
  }

  /**
   * A message is undeliverable if all of this holds:
   * - The consumer waits for no ack of it and will not deliver it (`lastLetGo`).
   * - The stream deletes what is acked. A mirror or a source keeps an acked message until it has it (nats-server 2.14), and so does
   *   another consumer of an interest stream: each of them has acked it, too.
   * - It is still in the stream after the time that an ack needs to remove it.
   */
  async #scan(jsm: JetStreamManager): Promise<void> {
    const { names, consumer } = this.#options;
    const stream = names.requestStream;
    const own = await jsm.consumers.info(stream, consumer);
    const last = lastLetGo(own);
    if (last === 0) return;
    const { config, state } = await jsm.streams.info(stream);
    if (state.first_seq > last || config.retention === RetentionPolicy.Limits) return;
    const others = state.consumer_count > 1 ? await consumersBeside(jsm, stream, consumer) : [];
    if (config.num_replicas > 1 || others.length > 0) await wait(ackToRemovalMs);
    for (const filter of filtersOf(own.config)) {
      for (let seq = state.first_seq; !this.#stopped; seq++) {
        const next = await nextMessage(jsm, stream, filter, seq);
        if (!next || next.seq > last) break;
        seq = next.seq;
        const kept = others.find((other) => !hasAcked(other, next));
        // An error of one: the others still matter.
        await (kept ? this.#report(next, kept) : this.#end(jsm, seq)).catch(() => {});
      }
    }
  }

  /** Once for each message. It may be answered and merely not be with the others yet: only its mailbox tells. */
  async #report(stored: StoredMsg, { name }: ConsumerInfo): Promise<void> {
    if (this.#reported.has(stored.seq) || this.#reported.size >= mostReported) return;
    const { names, observe } = this.#options;
    const { id, addressed } = this.#readStored(stored);
    const to = addressed?.replyTo ?? "";
    const reply = names.keeping(to) === "once" ? await findReply(this.#nc, names, to) : null;
    if (reply instanceof KitError) return; // the next scan looks again
    if (reply === undefined) {
      const request = id ?? `${names.requestStream}:${stored.seq}`;
      const why = `it is not delivered any more and has no reply, and consumer ${name} of the stream does not have it yet`;
      observe?.({ type: "stuck", request, reason: why });
    }
    this.#reported.add(stored.seq);
  }

  /** Copies the request, stores its reply, and only then removes it: a failure leaves it for the next scan. */
  async #end(jsm: JetStreamManager, seq: number): Promise<void> {
    const { names, maxDeliver, observe } = this.#options;
    const stream = names.requestStream;
    const stored = await jsm.streams.getMessage(stream, { seq });
    if (!stored) return;
    const read = this.#readStored(stored);
    const request = read.id ?? `${stream}:${seq}`;
    const reply = await findReply(this.#nc, names, read.addressed?.replyTo ?? "");
    if (reply instanceof KitError) return;
    if (reply) {
      observe?.({ type: "already-answered", request, status: statusOf(reply) });
    } else {
      const how =
        maxDeliver > 0 ? `delivered ${oftenText(maxDeliver)}` : "delivered as often as an earlier max_deliver allowed";
      const reason = `${how}, and no attempt came to an end`;
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
    const { names, consumer, maxDeliver, observe, replies } = this.#options;
    const { subject, data, seq: sequence } = stored;
    const result = await deadLetter(
      this.#nc,
      names,
      { data, headers: unreadable ? undefined : stored.header },
      { request, subject, sequence, deliveries: Math.max(0, maxDeliver), reason, consumer, replyTo: to?.replyTo },
      observe,
    );
    if (result instanceof Error) return this.#notStored(request, result);
    if (!to || result.silent) return true;
    const { status, headers } = result;
    const content = { status, payload: reason, headers };
    const sent = await replies.store(to, request, content).catch((e: Error) => e);
    // A reply that cannot be sent at all stays unsent: its dead letter is stored.
    if (sent instanceof AlreadyStoredError || sent instanceof InvalidInputError) return true;
    if (sent instanceof Error) return this.#notStored(request, sent);
    const place = sent && { stream: sent.stream, sequence: sent.sequence };
    observe?.({ type: "replied", request, status, to: to.replyTo, payload: reason, ...place });
    return true;
  }

  #notStored(request: string, { message }: Error): false {
    this.#options.observe?.({ type: "not-stored", request, reason: message });
    return false;
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

// What the counts of a consumer prove of a single message.

/**
 * The last sequence up to which the consumer has no message to deliver and waits for no ack; 0 if that cannot be known. A request that
 * waits for its redelivery (nak with a delay, `ack_wait`, a paused consumer) still counts as waiting for its ack.
 */
function lastLetGo({
  config,
  num_pending,
  num_ack_pending,
  num_redelivered,
  delivered,
  ack_floor,
}: ConsumerInfo): number {
  // A consumer that began in the middle of the stream has never delivered what was before.
  if (config.deliver_policy !== DeliverPolicy.All) return 0;
  // What has used up several deliveries counts as redelivered.
  if ((config.max_deliver ?? -1) > 1 && num_redelivered === 0) return 0;
  return num_pending === 0 && num_ack_pending === 0 ? delivered.stream_seq : ack_floor.stream_seq;
}

async function consumersBeside(jsm: JetStreamManager, stream: string, consumer: string): Promise<ConsumerInfo[]> {
  const others: ConsumerInfo[] = [];
  for await (const info of jsm.consumers.list(stream)) if (info.name !== consumer) others.push(info);
  return others;
}

/** Also if the message is none of its own. */
const hasAcked = (other: ConsumerInfo, { subject, seq }: StoredMsg): boolean =>
  other.ack_floor.stream_seq >= seq ||
  !filtersOf(other.config).some((filter) => matches(filter.split("."), subject.split(".")));
