// Sends requests into the queue and waits for replies. The hot path: one publish per request, whose PubAck and
// reply arrive at subscriptions opened once; waiting requests stand in a table under one timer.
import { createInbox, type Msg, type NatsConnection, nuid, type Subscription } from "@nats-io/nats-core";
import { watchConnection } from "../connection/watch.js";
import type { Observe, RequesterEvent } from "../history/event.js";
import { Closed, InvalidInput } from "../protocol/errors.js";
import { type Reply, readReply, requestHeaders } from "../protocol/messages.js";
import {
  mailboxSubject,
  republishedSubject,
  requestStream,
  requestSubject,
  requireName,
} from "../protocol/names.js";
import { OneTimer } from "../protocol/one-timer.js";
import { PendingTable, type Waiting } from "../protocol/pending.js";
import { readPubAck } from "../protocol/pub-ack.js";
import { fromClientError } from "../protocol/server-error.js";
import { RequestTimedOut } from "./timed-out.js";
import { locate, readStoredReply } from "./whereabouts.js";

export interface RequesterOptions {
  /** Names the mailbox; whoever uses the same name can collect its replies. */
  name: string;
  /** `mailbox` (default) stores the reply until it is collected; `inbox` needs the requester to be alive. */
  reply?: "mailbox" | "inbox";
  /** Milliseconds until a call gives up; the request stays queued. Default 5000. */
  timeoutMs?: number;
  /** First token of the requester's own inbox, where the account allows only some. Default `_INBOX`. */
  inboxPrefix?: string;
  observe?: Observe<RequesterEvent>;
}

export interface RequestOptions {
  /** Also the deduplication key: the same id within the stream's `duplicate_window` is stored once. Default: unique. */
  id?: string;
  timeoutMs?: number;
  /** A name for this request in the events. */
  as?: string;
}

interface Pending extends Waiting {
  subject: string;
  sentAt: number;
  /** 0 until the PubAck comes. */
  sequence: number;
  resolve(reply: Reply): void;
  reject(error: Error): void;
}

/** How many timed-out ids are remembered, so that their late replies are told apart from strangers'. */
const rememberLate = 10_000;

export class Requester implements AsyncDisposable {
  readonly name: string;
  readonly #nc: NatsConnection;
  readonly #options: RequesterOptions;
  readonly #inbox: string;
  readonly #pending = new PendingTable<Pending>();
  readonly #timedOut = new Set<string>();
  readonly #subscriptions: Subscription[] = [];
  readonly #timer = new OneTimer(() => this.#onTimer());
  #broken: Error | undefined;
  #stopWatching = () => {};

  private constructor(nc: NatsConnection, options: RequesterOptions) {
    this.#nc = nc;
    this.#options = options;
    this.name = requireName("the requester's name", options.name);
    this.#inbox = createInbox(options.inboxPrefix);
  }

  /**
   * Ready to send when it resolves: the server has seen the subscriptions.
   * The connection stays the caller's; closing the requester does not close it.
   * @throws NotPermitted when the account may not subscribe to the replies.
   */
  static async open(nc: NatsConnection, options: RequesterOptions): Promise<Requester> {
    const requester = new Requester(nc, options);
    await requester.#listen();
    return requester;
  }

  /**
   * Queues one order and waits for its reply.
   * @throws RequestTimedOut (with the handle), NotSetUp, StreamFull, NotPermitted, InvalidInput, Closed.
   */
  async request(
    order: string,
    payload: string | Uint8Array = "",
    options: RequestOptions = {},
  ): Promise<Reply> {
    if (this.#broken) throw this.#broken;
    const subject = requestSubject(order);
    const id = options.id === undefined ? nuid.next() : requireName("the request id", options.id);
    if (this.#pending.has(id)) throw new InvalidInput(`Request ${id} is already waiting for its reply here.`);
    const timeoutMs = requireTimeout(options.timeoutMs ?? this.#options.timeoutMs ?? 5000);
    const strategy = this.#strategy;
    this.#options.observe?.({
      type: "requested",
      request: id,
      subject,
      strategy,
      timeoutMs,
      ...(options.as ? { as: options.as } : {}),
    });
    return new Promise<Reply>((resolve, reject) => {
      const sentAt = performance.now();
      const entry = { id, subject, sentAt, deadline: sentAt + timeoutMs, sequence: 0, resolve, reject };
      this.#pending.add(entry, timeoutMs);
      this.#timer.arm(entry.deadline);
      this.#publish(entry, payload);
    });
  }

  /** How many calls wait for their reply. */
  get waiting(): number {
    return this.#pending.size;
  }

  /** Calls that still wait are rejected with `Closed`; their requests stay queued. */
  async close(): Promise<void> {
    const closed = new Closed(`Requester ${this.name} was closed while it waited; the request stays queued.`);
    this.#broken ??= closed;
    this.#timer.cancel();
    for (const { id } of this.#pending.all()) this.#pending.take(id)?.reject(closed);
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.#stopWatching();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #strategy(): "mailbox" | "inbox" {
    return this.#options.reply ?? "mailbox";
  }

  async #listen(): Promise<void> {
    this.#subscribe(`${this.#inbox}.ack.*`, (msg) => this.#onPubAck(msg));
    if (this.#strategy === "inbox") this.#subscribe(`${this.#inbox}.reply.*`, (msg) => this.#onReply(msg));
    else this.#subscribe(republishedSubject(this.name, "*"), (msg) => this.#onReply(msg));
    this.#stopWatching = watchConnection(this.#nc, {
      refused: (subject, error) => this.#rejectWhere((entry) => entry.subject === subject, error),
    });
    await this.#nc.flush().catch((error) => this.#fail(fromClientError("connection", error)));
    if (this.#broken) throw this.#broken;
  }

  #subscribe(subject: string, onMessage: (msg: Msg) => void): void {
    const callback = (error: Error | null, msg: Msg) => {
      if (error) this.#fail(fromClientError(`subscription ${subject}`, error));
      else onMessage(msg);
    };
    this.#subscriptions.push(this.#nc.subscribe(subject, { callback }));
  }

  #publish(entry: Pending, payload: string | Uint8Array): void {
    const replyTo =
      this.#strategy === "inbox" ? `${this.#inbox}.reply.${entry.id}` : mailboxSubject(this.name, entry.id);
    try {
      this.#nc.publish(entry.subject, payload, {
        headers: requestHeaders(entry.id, requestStream, replyTo),
        reply: `${this.#inbox}.ack.${entry.id}`,
      });
    } catch (error) {
      this.#reject(entry.id, fromClientError(`request to ${entry.subject}`, error));
    }
  }

  #onPubAck(msg: Msg): void {
    const id = lastToken(msg.subject);
    const entry = this.#pending.get(id);
    const ack = readPubAck(msg, entry?.subject ?? "the request");
    if (ack instanceof Error) {
      this.#reject(id, ack);
      return;
    }
    this.#options.observe?.({ type: "stored", request: id, ...ack });
    if (!entry) return; // its reply was faster, or it came after the time-out
    entry.sequence = ack.sequence;
    // The same id was sent before: its reply may be stored already, and nothing would republish it.
    if (ack.duplicate && this.#strategy === "mailbox") void this.#takeStored(entry, ack.stream);
  }

  async #takeStored(entry: Pending, stream: string): Promise<void> {
    const handle = { requester: this.name, request: entry.id, stream, sequence: entry.sequence };
    // A failed look is no loss: the reply may still arrive, or the call times out and says where the request is.
    const stored = await readStoredReply(this.#nc, handle).catch(() => undefined);
    if (stored) this.#settle(entry.id, stored);
  }

  #onReply(msg: Msg): void {
    this.#settle(lastToken(msg.subject), readReply(msg));
  }

  #settle(id: string, reply: Reply): void {
    const entry = this.#pending.take(id);
    const late = !entry && this.#timedOut.delete(id);
    if (!entry && !late) return;
    this.#options.observe?.({
      type: "received",
      request: id,
      ending: reply.ending,
      payload: reply.text,
      late,
    });
    entry?.resolve(reply);
  }

  /** The reply is in the mailbox at the very end: better late than a time-out. */
  #settleLate(entry: Pending, reply: Reply): void {
    this.#settle(entry.id, reply);
    entry.resolve(reply);
  }

  #reject(id: string, error: Error): void {
    const entry = this.#pending.take(id);
    if (!entry) return;
    this.#options.observe?.({ type: "request-failed", request: id, error: error.message });
    entry.reject(error);
  }

  #rejectWhere(concerned: (entry: Pending) => boolean, error: Error): void {
    for (const entry of this.#pending.all()) if (concerned(entry)) this.#reject(entry.id, error);
  }

  #fail(error: Error): void {
    this.#broken ??= error;
    this.#timer.cancel();
    this.#rejectWhere(() => true, error);
  }

  #onTimer(): void {
    for (const entry of this.#pending.takeDue(performance.now())) void this.#timeOut(entry);
    const next = this.#pending.nextDeadline();
    if (next !== undefined) this.#timer.arm(next);
  }

  async #timeOut(entry: Pending): Promise<void> {
    const handle = {
      requester: this.name,
      request: entry.id,
      stream: requestStream,
      sequence: entry.sequence,
    };
    const afterMs = Math.round(performance.now() - entry.sentAt);
    this.#rememberTimedOut(entry.id);
    const found = await locate(this.#nc, handle).catch((error: Error) => unknownPlace(error));
    if ("reply" in found && found.reply) {
      this.#settleLate(entry, found.reply);
      return;
    }
    const { where, evidence } = found;
    const remaining = "remaining" in found ? { remaining: found.remaining } : {};
    this.#options.observe?.({
      type: "timed-out",
      request: entry.id,
      afterMs,
      ...remaining,
      whereabouts: where,
      evidence,
    });
    entry.reject(new RequestTimedOut(handle, afterMs, { whereabouts: where, evidence, ...remaining }));
  }

  #rememberTimedOut(id: string): void {
    this.#timedOut.add(id);
    if (this.#timedOut.size <= rememberLate) return;
    const [oldest] = this.#timedOut;
    this.#timedOut.delete(oldest as string);
  }
}

const unknownPlace = (error: Error) => ({ where: "unknown" as const, evidence: error.message });

const lastToken = (subject: string) => subject.slice(subject.lastIndexOf(".") + 1);

function requireTimeout(ms: number): number {
  if (ms > 0 && ms <= 2_147_483_647) return ms;
  throw new InvalidInput(`Expected the time-out to be 1 to 2147483647 milliseconds, got ${ms}.`);
}
