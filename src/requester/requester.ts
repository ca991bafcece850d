// Sends requests into the queue and waits for replies. The hot path: one publish per request, whose PubAck and
// reply arrive at subscriptions opened once; open calls stand in a table under one timer.

import { type Msg, type NatsConnection, nuid, type Subscription } from "@nats-io/nats-core";
import { newInbox } from "../connection/connect.js";
import { flushConnection } from "../connection/flush.js";
import { publish } from "../connection/publish.js";
import { watchConnection } from "../connection/watch.js";
import { AlreadyWaitingError, ClosedError } from "../protocol/errors.js";
import type { Observe, RequesterEvent } from "../protocol/events.js";
import { type Reply, readReply, readReplyTo } from "../protocol/messages.js";
import { readPubAck } from "../protocol/pub-ack.js";
import { fromClientError } from "../protocol/server-error.js";
import {
  lastTokenOf as lastToken,
  republishedSubject,
  requestSubject,
  requireName,
} from "../protocol/subjects.js";
import { Elsewhere, firstSender } from "./duplicate-request.js";
import { handleOf } from "./handle.js";
import { type RequesterOptions, type RequestOptions, requireStrategy, requireTimeout } from "./options.js";
import { asked, Turns, takeTold } from "./outstanding-limit.js";
import { type Call, Settling } from "./pending-requests.js";
import { CatchUp, type CatchUpOptions } from "./reconnect.js";
import type { ManyReply } from "./reply-stream.js";
import { ManyCalls, type ManyOptions } from "./request-many.js";
import { strategies } from "./strategies/index.js";
import type { Strategy } from "./strategies/strategy.js";
import { GivingUp, requireUsable } from "./timeout.js";

export class Requester implements AsyncDisposable {
  readonly name: string;
  readonly #nc: NatsConnection;
  readonly #options: RequesterOptions;
  /** Where PubAcks arrive, under the id of their request. */
  readonly #acks: string;
  readonly #route: Strategy;
  readonly #settling: Settling;
  readonly #listening: Listening;
  /** Only where calls are bounded. */
  readonly #turns: Turns | undefined;
  readonly #many: ManyCalls;

  private constructor(nc: NatsConnection, options: RequesterOptions) {
    this.#nc = nc;
    this.#options = options;
    this.name = requireName("the requester's name", options.name);
    const { maxOutstanding, maxWaiting } = options;
    if (maxOutstanding !== undefined) this.#turns = new Turns({ maxOutstanding, maxWaiting });
    const inbox = newInbox(nc, options.inboxPrefix);
    this.#acks = `${inbox}.ack`;
    this.#route = strategies[requireStrategy(options.reply ?? "mailbox")](this.name, inbox);
    this.#settling = new Settling(options, (call) => void givingUp.onOverdue(call));
    const givingUp = new GivingUp(nc, this.name, this.#route, this.#settling, options.observe);
    this.#many = new ManyCalls(nc, {
      ...{ name: this.name, route: this.#route, settling: this.#settling, observe: options.observe },
      giveUp: (call) => void givingUp.onOverdue(call),
    });
    const heard = { name: this.name, acks: this.#acks, missed: (id: string) => this.#many.lookAgain(id) };
    this.#listening = new Listening(nc, this.#route, this.#settling, {
      ...heard,
      ...(options.observe ? { observe: options.observe } : {}),
    });
  }

  /**
   * Ready to send when it resolves: the server has seen the subscriptions.
   * The connection stays the caller's; closing the requester does not close it.
   * @throws InvalidInputError, NotPermittedError when the account may not subscribe to the replies, ClosedError when the connection is.
   */
  static async open(nc: NatsConnection, options: RequesterOptions): Promise<Requester> {
    const requester = new Requester(nc, options);
    await requester.#listening.start();
    const { broken } = requester.#settling;
    if (!broken) return requester;
    await requester.close();
    throw broken;
  }

  /**
   * Queues one order and waits for its reply, whatever its status: one that is not `ok` is no exception, so look at
   * `reply.status` (`error`, `rejected`, `expired`, `cancelled`, ...) and at `reply.text`, which says why.
   * @throws RequestTimeoutError (with the handle, and what became of the request), NotSetUpError, StreamFullError, NotPermittedError,
   * InvalidInputError, ClosedError; with `maxOutstanding` also TooManyOutstandingError; with `onTimeout: "expire"` also ServerTooOldError, before anything is sent.
   */
  request(order: string, payload: string | Uint8Array = "", options: RequestOptions = {}): Promise<Reply> {
    if (!this.#turns) return this.#request(order, payload, options);
    const { observe } = this.#options;
    if (observe) return this.#requestTold(this.#turns, observe, order, payload, options);
    return this.#turns.take(() => this.#request(order, payload, options), options.signal);
  }

  async #requestTold(
    turns: Turns,
    observe: Observe<RequesterEvent>,
    order: string,
    payload: string | Uint8Array,
    { id = nuid.next(), ...options }: RequestOptions,
  ): Promise<Reply> {
    const work = () => this.#request(order, payload, { ...options, id });
    return takeTold(turns, asked(order, { ...options, id }, this.#route.name), observe, work, options.signal);
  }

  /** One promise for each request; what is thrown before it is sent rejects it. */
  #request(order: string, payload: string | Uint8Array, options: RequestOptions): Promise<Reply> {
    return new Promise((resolve, reject) => this.#begin(order, payload, options, resolve, reject));
  }

  #begin(
    order: string,
    payload: string | Uint8Array,
    options: RequestOptions,
    resolve: Call["resolve"],
    reject: Call["reject"],
  ): void {
    options.signal?.throwIfAborted();
    const { broken, calls } = this.#settling;
    if (broken) throw broken;
    const subject = requestSubject(order);
    const id = options.id === undefined ? nuid.next() : this.#requireNew(options.id);
    const timeoutMs = requireTimeout(options.timeoutMs ?? this.#options.timeoutMs ?? 5000);
    const onTimeout = options.onTimeout ?? this.#options.onTimeout ?? "keep";
    if (onTimeout !== "keep") requireUsable(this.#nc, this.#route.name, onTimeout);
    this.#options.observe?.({
      type: "requested",
      request: id,
      subject,
      strategy: this.#route.name,
      timeoutMs,
      ...(options.as ? { as: options.as } : {}),
      ...(onTimeout === "expire" ? { expires: true as const } : {}),
    });
    const sentAt = performance.now();
    const deadline = sentAt + timeoutMs;
    const call = { id, subject, sentAt, deadline, sequence: 0, onTimeout, resolve, reject };
    calls.add(call, timeoutMs);
    this.#publish(call, payload, onTimeout === "expire" ? timeoutMs : undefined);
  }

  #requireNew(id: string): string {
    requireName("the request id", id);
    if (!this.#settling.calls.get(id)) return id;
    throw new AlreadyWaitingError(`Request ${id} is already waiting for its reply here.`);
  }

  /**
   * Queues one order and gives its replies as they come: the parts that its handler yields (`last: false`), in order and
   * each once, and then the last one (`last: true`), whatever its status. Nothing is sent before the iteration begins;
   * who leaves it early (`break`, `maximum`) leaves the request where it is. With a mailbox every part is stored, so that
   * a break in the connection loses none, and `collectReplies` finds them all later.
   * @throws RequestTimeoutError when all of it takes longer than `timeoutMs`, or nothing comes for `stallMs`; PartMissingError
   * where a part is lost (an inbox stores none); NoPartsThereError with strategies that carry one reply; and as `request`.
   */
  requestMany(
    order: string,
    payload: string | Uint8Array = "",
    { stallMs, maximum, ...options }: ManyOptions = {},
  ): AsyncGenerator<ManyReply, void, undefined> {
    const id = options.id ?? nuid.next();
    const send = () => this.request(order, payload, { ...options, id });
    return this.#many.replies(id, send, { stallMs, maximum });
  }

  /** How many calls wait for their reply. */
  get waiting(): number {
    return this.#settling.calls.size;
  }

  /** Replies that belong to no call of this requester, open or given up: another's of the same name, or second ones. */
  get orphanedReplies(): number {
    return this.#settling.orphaned;
  }

  /** Calls that still wait are rejected with `ClosedError`; their requests stay queued. */
  async close(): Promise<void> {
    const reason = `Requester ${this.name} is closed; open another one to send requests.`;
    const text = `Requester ${this.name} was closed while it waited; the request stays queued.`;
    this.#settling.close(new ClosedError(reason), new ClosedError(text));
    this.#listening.stop();
    this.#many.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #publish(call: Call, payload: string | Uint8Array, expiresMs?: number): void {
    try {
      const headers = this.#route.requestHeaders(call.id, this.#route.replyTo(call.id), expiresMs);
      publish(this.#nc, call.subject, payload, headers, `${this.#acks}.${call.id}`);
    } catch (error) {
      this.#settling.reject(call.id, fromClientError(`request to ${call.subject}`, error));
    }
  }
}

// What one requester hears: PubAcks and replies at subscriptions opened once, and what the connection tells on the side.

const closedMeanwhile = "The connection was closed; requests that were queued stay queued.";

interface ListeningOptions extends CatchUpOptions {
  /** Where PubAcks arrive, under the id of their request. */
  acks: string;
}

class Listening {
  readonly #nc: NatsConnection;
  readonly #route: Strategy;
  readonly #settling: Settling;
  readonly #options: ListeningOptions;
  readonly #subscriptions: Subscription[] = [];
  readonly #elsewhere: Elsewhere;
  readonly #catchUp: CatchUp;
  /** The place of the latest request that has its PubAck. */
  #lastStored = 0;
  #stopWatching = () => {};

  constructor(nc: NatsConnection, route: Strategy, settling: Settling, options: ListeningOptions) {
    this.#nc = nc;
    this.#elsewhere = new Elsewhere(nc);
    this.#catchUp = new CatchUp(nc, route, settling, options);
    this.#route = route;
    this.#settling = settling;
    this.#options = options;
  }

  /** Resolves when the server has seen the subscriptions, or the settling is broken and says why. */
  async start(): Promise<void> {
    try {
      this.#subscribe(`${this.#options.acks}.*`, (msg) => this.#onPubAck(msg));
      this.#subscribe(this.#route.listen, (msg) => this.#onReply(msg));
    } catch (error) {
      return this.#settling.fail(fromClientError("connection", error)); // it is closed
    }
    this.#stopWatching = watchConnection(this.#nc, {
      refused: (subject, error) =>
        this.#settling.guarded(() =>
          // Not one that is stored: what it was allowed when it was sent counts.
          this.#settling.rejectWhere((call) => call.subject === subject && call.sequence === 0, error),
        ),
      reconnected: () => void this.#catchUp.afterBreak(this.#lastStored),
      closed: () => this.#settling.fail(new ClosedError(closedMeanwhile)),
    });
    const ready = flushConnection(this.#nc).then(() => this.#route.open?.(this.#nc));
    await ready.catch((error) => this.#settling.fail(fromClientError("connection", error)));
  }

  stop(): void {
    this.#catchUp.stop();
    this.#stopWatching();
    if (this.#nc.isClosed()) return;
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.#elsewhere.stop();
  }

  #subscribe(subject: string, onMessage: (msg: Msg) => void): void {
    const callback = (error: Error | null, msg: Msg) => {
      if (error) return this.#settling.fail(fromClientError(`subscription ${subject}`, error));
      try {
        onMessage(msg);
      } catch (thrown) {
        this.#settling.fail(thrown as Error); // as `guarded`, without a function for each message
      }
    };
    this.#subscriptions.push(this.#nc.subscribe(subject, { callback }));
  }

  #onReply(msg: Msg): void {
    const id = this.#route.requestOf(msg);
    if (id === undefined) return;
    const reply = this.#route.readable ? readReplyTo(id, msg) : readReply(msg);
    if (typeof reply !== "string") this.#settling.settle(id, reply);
    else this.#options.observe?.({ type: "foreign-reply", request: id, subject: msg.subject, reason: reply });
  }

  #onPubAck(msg: Msg): void {
    const id = lastToken(msg);
    const call = this.#settling.calls.get(id);
    const ack = readPubAck(msg, call?.subject ?? "the request");
    if (ack instanceof Error) {
      this.#settling.reject(id, ack);
      return;
    }
    this.#options.observe?.({ type: "stored", request: id, ...ack });
    if (!call) return; // its reply was faster, or it came after the time-out
    call.sequence = ack.sequence;
    call.onStored?.();
    // The same id was sent before: its reply may be stored already, and nothing would republish it.
    // Who may not look there waits for its time-out, as any caller does.
    if (ack.duplicate) void this.#catchUp.whileOpen(call, () => this.#takeOriginal(call));
    else this.#lastStored = ack.sequence;
  }

  /** Where another requester was first, its reply goes to that one's mailbox: it is heard and read there. */
  async #takeOriginal(call: Call): Promise<void> {
    await this.#catchUp.takeStored(call);
    const { isOpen } = this.#catchUp;
    if (!this.#route.readable || !isOpen(call)) return;
    const first = await firstSender(this.#nc, this.#handle(call));
    if (first === undefined || first === this.#options.name || !isOpen(call)) return;
    if (call.mailboxOf !== first) {
      call.mailboxOf = first;
      await this.#elsewhere.listen(republishedSubject(first, call.id), (msg) =>
        this.#settling.guarded(() => this.#onReply(msg)),
      );
    }
    await this.#catchUp.takeStored(call);
  }

  #handle = ({ id, sequence, mailboxOf }: Call) =>
    handleOf(mailboxOf ?? this.#options.name, this.#route.store, id, sequence);
}
