// The requester: publishes requests into the request stream, and resolves each with its reply.
import type { Msg, NatsConnection, Subscription } from "@nats-io/nats-core";
import { onAbort } from "../common/on-abort.js";
import { guardedCallback, warnOf } from "../common/user-callback.js";
import { answerMs, flushConnection } from "../connection/flush.js";
import { newInbox } from "../connection/inbox.js";
import { copyOf, isPassing, publish } from "../connection/publish.js";
import { watchConnection } from "../connection/watch.js";
import { checkOptions } from "../protocol/check-options.js";
import { AlreadyWaitingError, ClosedError, InvalidInputError } from "../protocol/errors.js";
import type { Observe, RequesterEvent } from "../protocol/events.js";
import type { HeaderPair } from "../protocol/header-block.js";
import {
  type Body,
  headersOfReply,
  isBody,
  type Reply,
  readOkReply,
  readReply,
  readReplyTo,
} from "../protocol/headers.js";
import { encodeContent, type MessageContent, type MessagePayload } from "../protocol/message-content.js";
import { readPubAck } from "../protocol/pub-ack.js";
import { queueNames } from "../protocol/queue-names.js";
import { idToken, newRequestId } from "../protocol/request-id.js";
import { fromClientError } from "../protocol/server-error.js";
import { readingBySchema } from "../protocol/standard-schema.js";
import { type QueueNames, requestIdIn, requireName, requireRequestId } from "../protocol/subjects.js";
import { observedBy, type RequesterTelemetry } from "../protocol/telemetry.js";
import type { CancelResult } from "./cancel.js";
import type { CollectManyOptions, CollectOptions } from "./collect.js";
import { firstRequest, OtherMailboxes } from "./duplicate-request.js";
import { type Handle, handleOf } from "./handle.js";
import { HandleCalls } from "./handle-calls.js";
import type { Located } from "./locate.js";
import {
  type LabRequesterOptions,
  type RequesterOptions,
  type RequestOptions,
  requesterOptionNames,
  requestOptionNames,
  requireStrategy,
  requireTimeout,
  type SendOptions,
  sendOptionNames,
} from "./options.js";
import { OutstandingLimit } from "./outstanding-limit.js";
import { type CallHost, otherSubject, PendingRequest, PendingRequests, RequestCall } from "./pending-requests.js";
import { Recovery } from "./reconnect.js";
import { type ManyReply, readBySchemas, requireSchemas } from "./reply-stream.js";
import { type ManyOptions, ManyRequests, manyOptionNames } from "./request-many.js";
import { Sends } from "./send.js";
import { readStoredReply, type StoredReply } from "./stored-reply.js";
import { strategies } from "./strategies/index.js";
import type { Strategy } from "./strategies/strategy.js";
import { TakenSubjects } from "./taken-subjects.js";
import { requireUsable, Timeouts } from "./timeout.js";

const noOptions: RequestOptions = {};

/**
 * Sends requests through the request stream. One requester serves any number of requests at the same time: PubAcks and
 * replies arrive at subscriptions that are opened once, and all time-outs share one timer.
 *
 * - **Reply** → `request` resolves, whatever the status is (`ok`, `error`, `rejected`, `expired`, `cancelled`, `dead-lettered`).
 * - **Time-out** → the requester looks where the request is. If the reply is stored, `request` resolves with it. Otherwise
 *   `request` rejects with `RequestTimeoutError`, which has the handle and what became of the request:
 *   - `onTimeout: "keep"` (default): it stays queued, and its reply can be collected later.
 *   - `onTimeout: "cancel"`: it is removed from the stream if no responder has it; otherwise its handler's `signal` fires.
 *   - `onTimeout: "expire"`: as `cancel`, and no responder begins it after its deadline, even if this process is gone by then.
 * - **Error in place of the PubAck** (stream full, not set up, not permitted) → `request` rejects with that error, at once.
 * - **No leader** (status 503 in place of the PubAck) → the request is published again after 100 ms, and then at growing intervals.
 * - **No PubAck** (lost, or late by 1 s) → the request is published again with the same id, until its time-out; the stream stores
 *   it once. Its reply resolves it, also without a PubAck. At a time-out without a PubAck the handle has sequence 0.
 * - **Same id sent before** → the stream keeps the first request; its reply resolves this one, too.
 * - **Connection down** → requests wait for the reconnect, within their time-out.
 * - **Reconnect** → the requester reads the mailbox of every request that waits, looks in the stream for those without a PubAck, and
 *   publishes again what is in neither place. See `Recovery` for the case of a killed server and an inbox.
 * - **Server frozen** → a time-out comes up to 2.5 s late, because the requester asks where the request is.
 * - **Late reply** → `onLateReply`, and the event `received` with `late: true`. The reply stays stored.
 * - **Close** → requests that wait reject with `ClosedError` and stay queued. `close()` then waits for the PubAcks of `send`.
 *
 * @example
 * const requester = await Requester.open(nc, { name: "alice" });
 * const reply = await requester.request("order-tea", "green", { timeoutMs: 2_000 });
 * console.log(reply.status, reply.text);
 *
 * const handle = await requester.send("order-tea", "green"); // waits for no reply
 * const later = await requester.collect(handle, { timeoutMs: 60_000 });
 */
export class Requester implements AsyncDisposable {
  readonly name: string;
  readonly #nc: NatsConnection;
  readonly #names: QueueNames;
  readonly #options: RequesterOptions;
  /** Never throws: an error of the observer ends the requester. */
  readonly #observe: Observe<RequesterEvent> | undefined;
  readonly #telemetry: RequesterTelemetry | undefined;
  readonly #strategy: Strategy;
  /** PubAcks arrive below this subject, under the id of their request. */
  readonly #acks: string;
  readonly #pending: PendingRequests;
  readonly #callHost: CallHost;
  /** Only with `maxOutstanding`. */
  readonly #limit: OutstandingLimit | undefined;
  readonly #many: ManyRequests;
  readonly #sends: Sends;
  readonly #recovery: Recovery;
  readonly #otherMailboxes: OtherMailboxes;
  readonly #handleCalls: HandleCalls;
  readonly #subscriptions: Subscription[] = [];
  /** The sequence of the latest request that has its PubAck, and when it was published. */
  #lastStored = 0;
  #confirmedUpTo = 0;
  /** The last server's: while the connection is down, the client knows no version. */
  #serverInfo: NatsConnection["info"];
  #lastSubject = { belowRequests: "", subject: "" };
  /** Absent if the stream takes every request of the queue. */
  #taken: TakenSubjects | undefined;
  #stopWatching = () => {};

  private constructor(nc: NatsConnection, options: RequesterOptions) {
    const names = queueNames(options);
    this.#nc = nc;
    this.#names = names;
    this.#serverInfo = nc.info;
    this.#options = options;
    const { maxOutstanding, maxWaiting, inboxPrefix } = options;
    const guarded = guardedCallback(options.observe, (error) => this.#pending.fail(error));
    this.#telemetry = options.telemetry?.requester(options.name);
    const observe = observedBy(this.#telemetry, guarded);
    this.#observe = observe;
    const name = requireName("the requester's name", options.name);
    this.name = name;
    if (maxOutstanding !== undefined) {
      this.#limit = new OutstandingLimit({ maxOutstanding, maxWaiting, observe });
    }
    const inbox = newInbox(nc, inboxPrefix);
    this.#acks = `${inbox}.ack`;
    const strategy = strategies[requireStrategy(options.reply ?? "mailbox")](names, name, inbox);
    this.#strategy = strategy;
    const pending = new PendingRequests({
      ...{ names, name, store: strategy.store, observe },
      onLateReply: guardedCallback(options.onLateReply?.bind(options), warnOf("onLateReply")),
      onOverdue: (request) => void timeouts.onOverdue(request),
    });
    this.#pending = pending;
    this.#callHost = {
      handle: (request) => pending.handle(request),
      cancel: (handle) => this.cancel(handle),
      reject: (request, error) => pending.reject(request, error),
    };
    const timeouts = new Timeouts(nc, { names, strategy, pending, observe });
    this.#many = new ManyRequests(nc, {
      ...{ names, name, strategy, pending, observe },
      onStall: (request) => void timeouts.onOverdue(request),
    });
    this.#sends = new Sends(nc, {
      ...{ names, name, maxOutstanding, maxWaiting, inboxPrefix, observe, telemetry: this.#telemetry },
      broken: () => pending.broken,
      taken: () => this.#taken,
      onPublish: (id) => !options.sendOnly && strategy.readable && pending.addUnawaited(id),
      onStored: (sequence) => {
        this.#lastStored = sequence;
      },
    });
    this.#recovery = new Recovery(nc, {
      ...{ names, strategy, pending, observe, publisher: this.#sends.publisher },
      confirmedUpTo: () => this.#confirmedUpTo,
      confirmedBefore: () => this.#lastStored > 0,
      publishAgain: (request) => this.#publishAgain(request),
      replyToSend: (id) => readStoredReply(nc, names, handleOf(names, name, undefined, id, 0), answerMs),
      partsMissed: (id) => this.#many.lookAgain(id),
    });
    this.#otherMailboxes = new OtherMailboxes(nc);
    this.#handleCalls = new HandleCalls(nc, names, options);
  }

  /**
   * Resolves when the server has seen the subscriptions. The connection stays the caller's: `close()` does not close it.
   * @throws InvalidInputError; NotPermittedError when the account may not subscribe to the replies; NoAnswerError when the server does
   * not answer within 5 s; ClosedError when the connection is closed.
   */
  static async open(nc: NatsConnection, options: RequesterOptions): Promise<Requester> {
    const requester = new Requester(nc, checkOptions("Requester.open", options, requesterOptionNames));
    await requester.#start();
    const { broken } = requester.#pending;
    if (!broken) return requester;
    await requester.close();
    throw broken;
  }

  /**
   * Sends one request to `requests.<subject>` and waits for its reply. A status that is not `ok` is no exception: see
   * `reply.status`, and `reply.text` for the reason. The promise also has `stored`, the handle as soon as the stream has the request,
   * and `cancel()`.
   * @throws RequestTimeoutError (with the handle, and what became of the request), DuplicateIdError, NotSetUpError, StreamFullError,
   * NotPermittedError, InvalidInputError, ClosedError; TooManyOutstandingError with `maxOutstanding`; ServerTooOldError, before
   * anything is sent, with `onTimeout: "expire"`; RequestAbortedError when `signal` fires, and the signal's reason if nothing was sent yet.
   */
  request<Input = MessagePayload, Output = unknown>(
    subject: string,
    payload?: Inferred<Input>,
    options?: RequestOptions<Input, Output>,
  ): RequestCall<Output>;
  request(subject: string, payload: MessagePayload = "", options: RequestOptions = noOptions): RequestCall {
    if (this.#limit || this.#taken?.has(this.#names.requestPrefix + subject) === false) {
      return this.#requestInTurn(subject, payload, options);
    }
    return this.#request(subject, payload, options);
  }

  /**
   * Sends one request and gives its replies as they come: the parts that its handler yields (`last: false`), in order and each
   * once, and then the last one (`last: true`), whatever its status. Nothing is sent before the iteration begins. A caller that
   * leaves the iteration (`break`, `maximum`) leaves the request where it is. A mailbox stores every part: a break in the
   * connection loses none, and `collectMany` finds them all later.
   * @throws RequestTimeoutError when all of it takes longer than `timeoutMs`, or no reply comes for `stallMs`; PartMissingError
   * when a part is lost (an inbox stores none); NoPartsThereError with strategies that carry one reply; and as `request`.
   */
  requestMany<Input = MessagePayload, Part = unknown, Output = unknown>(
    subject: string,
    payload?: Inferred<Input>,
    options?: ManyOptions<Input, Part, Output>,
  ): AsyncGenerator<ManyReply<Part, Output>, void, undefined>;
  requestMany(
    subject: string,
    payload: MessagePayload = "",
    options: ManyOptions = {},
  ): AsyncGenerator<ManyReply, void, undefined> {
    checkOptions("requester.requestMany", options, manyOptionNames);
    requireSchemas(options);
    const { id = newRequestId(), as, signal, headers, input, timeoutMs, onTimeout, stallMs, maximum } = options;
    const send = () => this.request(subject, payload, { id, as, signal, headers, input, timeoutMs, onTimeout });
    const limits = { stallMs, maximum };
    const replies = this.#many.replies(id, send, timeoutMs ?? this.#options.timeoutMs ?? 5000, limits);
    return options.part || options.output ? readBySchemas(replies, options) : replies;
  }

  /**
   * Sends one request and waits for no reply: resolves with the handle when the request is stored. The reply goes to the
   * mailbox, whatever `reply` is, for `collect`. Await each call, or some at a time: calls beyond `maxOutstanding` (default 1000)
   * wait in memory for their turn.
   * Without a PubAck the request is published again, after a reconnect and at growing intervals, until `timeoutMs`. If the PubAck
   * is lost and only the stored reply is found, the handle has sequence 0.
   * With `at` or `delayMs` the server stores the request now, and puts it into the queue then; until then `cancel` removes it.
   * @throws TooManyOutstandingError, NotSetUpError, StreamFullError, NotPermittedError, InvalidInputError; ServerTooOldError with `at`
   * or `delayMs` before nats-server 2.12; DuplicateIdError when the id was sent before on another subject; NoAnswerError after `timeoutMs` (10 s) without a PubAck, and ClosedError when the connection closes before it: it is then unknown whether the
   * request is stored, and the same id can be sent again.
   */
  send<Input = MessagePayload>(
    subject: string,
    payload?: Inferred<Input>,
    options?: SendOptions<Input>,
  ): Promise<Handle>;
  async send(subject: string, payload: MessagePayload = "", options: SendOptions = {}): Promise<Handle> {
    return this.#sends.send(subject, payload, checkOptions("requester.send", options, sendOptionNames));
  }

  /** The stored reply to an earlier request; see the function `collect`. */
  async collect<Output>(handle: Handle, options?: CollectOptions<Output>): Promise<StoredReply<Output> | undefined> {
    return this.#handleCalls.collect(handle, options);
  }

  /** The stored replies to an earlier request; see the function `collectMany`. */
  collectMany<Part, Output>(
    handle: Handle,
    options?: CollectManyOptions<Part, Output>,
  ): AsyncGenerator<ManyReply<Part, Output>, void, undefined> {
    return this.#handleCalls.collectMany(handle, options);
  }

  /** Cancels a request; see the function `cancel`. */
  async cancel(handle: Handle): Promise<CancelResult> {
    return this.#handleCalls.cancel(handle);
  }

  /** Where a request is; see the function `locate`. */
  async locate(handle: Handle): Promise<Located> {
    return this.#handleCalls.locate(handle);
  }

  /** How many requests wait for their reply. */
  get waiting(): number {
    return this.#pending.waiting;
  }

  /** Replies that belong to no request of this requester: another's of the same name, or second ones. */
  get orphanedReplies(): number {
    return this.#pending.orphaned;
  }

  /**
   * Requests that wait reject with `ClosedError` and stay queued. Resolves when each `send` on its way has its PubAck, at most 10 s
   * later: then those without one reject with `ClosedError`.
   */
  async close(): Promise<void> {
    const reason = new ClosedError(`Requester ${this.name} is closed; open another one to send requests.`);
    const toCallers = `Requester ${this.name} was closed while it waited; the request stays queued.`;
    this.#pending.close(reason, new ClosedError(toCallers));
    if (!this.#nc.isClosed()) {
      for (const subscription of this.#subscriptions) subscription.unsubscribe();
      this.#otherMailboxes.stop();
    }
    this.#many.stop();
    await this.#sends.idle();
    this.#recovery.stop();
    this.#sends.publisher.stop(reason);
    this.#stopWatching();
    this.#telemetry?.close();
  }

  /** Closes the requester, as `close()` does. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // The way of a request: publish, PubAck, reply.

  #requestInTurn(subject: string, payload: MessagePayload, options: RequestOptions): RequestCall {
    const { promise: turn, resolve, reject } = withResolvers();
    const take = async () => {
      checkOptions("requester.request", options, requestOptionNames);
      const { id = newRequestId(), as, signal, headers, input, timeoutMs, onTimeout, output } = options;
      requireRequestId("the request id", id);
      const content = encodeContent(payload, headers, input);
      const unsent = { request: id, subject: this.#names.requestSubject(subject), strategy: this.#strategy.name, as };
      turn.waits(handleOf(this.#names, this.name, this.#strategy.store, id, 0), reject);
      const begin = (): Promise<Reply | undefined> =>
        turn.isCancelled
          ? Promise.resolve(undefined)
          : this.#request(subject, payload, { id, as, signal, timeoutMs, onTimeout, output }, turn, content);
      if (this.#taken) await this.#taken.require(unsent.subject, signal);
      const reply = this.#limit ? await this.#limit.take(begin, signal, unsent) : await begin();
      if (reply) resolve(reply);
    };
    take().catch(reject);
    return turn;
  }

  /** One promise for each request; what is thrown before the publish rejects it. `turn` is the call that waited for its turn. */
  #request(
    subject: string,
    payload: MessagePayload,
    options: RequestOptions,
    turn?: RequestCall,
    content?: MessageContent,
  ): RequestCall {
    let request: PendingRequest | undefined;
    const call = new RequestCall((resolve, reject) => {
      const settle = options.output === undefined ? resolve : readingBySchema<Reply>(options.output, resolve);
      request = this.#publish(subject, payload, options, content, settle, reject);
    });
    (turn ?? call).published(this.#callHost, request);
    return call;
  }

  #publish(
    belowRequests: string,
    payload: MessagePayload,
    options: RequestOptions,
    encoded: MessageContent | undefined,
    resolve: (reply: Reply) => void,
    reject: (error: Error) => void,
  ): PendingRequest {
    // The options of a call that waited for its turn are checked already.
    if (!encoded && options !== noOptions) checkOptions("requester.request", options, requestOptionNames);
    options.signal?.throwIfAborted();
    const pending = this.#pending;
    if (pending.broken) throw pending.broken;
    if (this.#options.sendOnly) {
      throw new InvalidInputError(
        `Requester ${this.name} was opened with sendOnly: it can \`send\`, not wait for a reply.`,
      );
    }
    const subject = this.#requestSubject(belowRequests);
    const id = options.id === undefined ? newRequestId() : this.#requireNew(options.id);
    const timeoutMs = requireTimeout(options.timeoutMs ?? this.#options.timeoutMs ?? 5000);
    const onTimeout = options.onTimeout ?? this.#options.onTimeout ?? "keep";
    let body = payload as Body;
    let more: readonly HeaderPair[] | undefined;
    // Most requests are text or bytes without headers of the caller: nothing is to be encoded.
    if (encoded || options.headers !== undefined || options.input !== undefined || !isBody(payload)) {
      ({ body, headers: more } = encoded ?? encodeContent(payload, options.headers, options.input));
    }
    const strategy = this.#strategy;
    if (onTimeout !== "keep") requireUsable({ info: this.#nc.info ?? this.#serverInfo }, strategy.name, onTimeout);
    this.#observe?.({
      type: "requested",
      request: id,
      subject,
      strategy: strategy.name,
      timeoutMs,
      ...(options.as ? { as: options.as } : {}),
      ...(onTimeout === "expire" ? { expires: true as const } : {}),
    });
    if (pending.broken) throw pending.broken; // by the observer: nothing is sent that is not recorded
    if (this.#telemetry) more = this.#telemetry.requestHeaders(id, more);
    const request = new PendingRequest(id, subject, timeoutMs, onTimeout, resolve, reject);
    pending.add(request, timeoutMs);
    if (options.signal) this.#endWith(options.signal, request);
    try {
      request.idGiven = options.id !== undefined;
      request.headers = more;
      this.#publishRequest(request, body, timeoutMs);
      request.payload = copyOf(body);
    } catch (error) {
      pending.reject(request, fromClientError(`request to ${subject}`, error));
    }
    return request;
  }

  #endWith(signal: AbortSignal, request: PendingRequest): void {
    request.onEnd = onAbort(signal, (reason) => this.#pending.abort(request, "its signal fired", reason));
  }

  #publishRequest(
    { id, subject, idGiven, onTimeout, headers: more }: PendingRequest,
    body: Body,
    leftMs: number,
  ): void {
    const strategy = this.#strategy;
    const expiresMs = onTimeout === "expire" ? leftMs : undefined;
    const sentTo = idGiven ? subject : undefined;
    const headers = strategy.requestHeaders(id, strategy.replyTo(id), expiresMs, sentTo, more);
    publish(this.#nc, subject, body, headers, `${this.#acks}.${idToken(id)}`);
  }

  /** With the same id, and the deadline that it had. */
  #publishAgain(request: PendingRequest): void {
    const { payload, state, deadline } = request;
    if (payload === undefined || state !== "waiting" || this.#nc.isClosed()) return;
    request.publishedAgain++;
    this.#publishRequest(request, payload, deadline - performance.now());
  }

  /** Most requesters send to few subjects: the last one is not checked again. */
  #requestSubject(belowRequests: string): string {
    if (this.#lastSubject.subject === "" || this.#lastSubject.belowRequests !== belowRequests) {
      this.#lastSubject = { belowRequests, subject: this.#names.requestSubject(belowRequests) };
    }
    return this.#lastSubject.subject;
  }

  #onPubAck(msg: Msg): void {
    const id = requestIdIn(msg);
    const request = this.#pending.get(id);
    const ack = readPubAck(this.#names, msg, request?.subject ?? "the request");
    if (request && request.sequence > 0) return; // it was published again, and its first PubAck came, too
    if (ack instanceof Error) {
      if (!request) return;
      if (isPassing(ack)) this.#recovery.requestNotStored(request, ack);
      else this.#pending.reject(request, ack);
      return;
    }
    this.#observe?.({ type: "stored", request: id, ...ack });
    // Its reply was faster, or the PubAck came after the time-out.
    if (!request) {
      this.#pending.confirmEnded(id, ack.sequence);
      return;
    }
    request.duplicate = ack.duplicate;
    request.confirm(ack.sequence);
    // The same id was sent before: its reply may be stored already, and will not be republished.
    // An account that may not read there waits for the time-out, as with any request.
    if (ack.duplicate) {
      void this.#recovery
        .whileOpen(request, () => this.#takeOriginalReply(request))
        .finally(() => request.resolveHandle());
    } else {
      this.#lastStored = ack.sequence;
      this.#confirmedUpTo = request.sentAt;
    }
  }

  #onReply(msg: Msg): void {
    const id = this.#strategy.requestOf(msg);
    if (id === undefined) return;
    const reply = readOkReply(msg, id) ?? (this.#strategy.readable ? readReplyTo(id, msg) : readReply(msg));
    this.#telemetry?.replied(id, () => headersOfReply(msg));
    if (typeof reply !== "string") this.#pending.settle(id, reply);
    else this.#observe?.({ type: "foreign-reply", request: id, subject: msg.subject, reason: reply });
  }

  /** If another requester sent the id first, the reply goes to that requester's mailbox: it is read there. */
  async #takeOriginalReply(request: PendingRequest): Promise<void> {
    await this.#recovery.takeStoredReply(request);
    if (!this.#strategy.readable || !request.isOpen) return;
    const { requester: first, subject } = await firstRequest(this.#nc, this.#names, this.#pending.handle(request));
    if (!request.isOpen) return;
    const error = otherSubject(request, subject);
    if (error) return this.#pending.reject(request, error);
    if (first === undefined || first === this.name) return;
    if (request.mailboxOf !== first) {
      request.mailboxOf = first;
      this.#many.readFrom(request.id, first);
      await this.#otherMailboxes.listen(this.#names.republishedSubject(first, request.id), (msg) => this.#onReply(msg));
    }
    await this.#recovery.takeStoredReply(request);
  }

  #requireNew(id: string): string {
    requireRequestId("the request id", id);
    if (this.#pending.get(id)) {
      throw new AlreadyWaitingError(`Request ${id} is already waiting for its reply here.`);
    }
    this.#pending.forgetEnded(id);
    return id;
  }

  // Subscriptions and the connection.

  /** Resolves when the server has seen the subscriptions, or `pending.broken` says why it cannot. */
  async #start(): Promise<void> {
    try {
      this.#sends.publisher.start(
        (error) => this.#pending.fail(error),
        (error, request) => this.#recovery.sendNotStored(request, error),
      );
      if (!this.#options.sendOnly) {
        this.#subscribe(`${this.#acks}.*`, (msg) => this.#onPubAck(msg));
        this.#subscribe(this.#strategy.listen, (msg) => this.#onReply(msg));
      }
    } catch (error) {
      return this.#pending.fail(fromClientError("connection", error)); // it is closed
    }
    this.#stopWatching = watchConnection(this.#nc, {
      refused: (subject, error) => {
        // A request that is stored was allowed when it was sent.
        const refused = (request: PendingRequest) => request.subject === subject && request.sequence === 0;
        for (const request of this.#pending.open()) if (refused(request)) this.#pending.reject(request, error);
        this.#sends.publisher.refuse(subject, error);
      },
      disconnected: () => this.#recovery.disconnected(),
      reconnected: () => {
        this.#serverInfo = this.#nc.info;
        void this.#recovery.afterReconnect(this.#lastStored);
      },
      closed: () => {
        this.#pending.fail(new ClosedError("The connection was closed; requests that were queued stay queued."));
        this.#sends.publisher.stop(
          new ClosedError(
            "The connection was closed before the stream confirmed the request, so whether it is stored is unknown; the same id can be sent again.",
          ),
        );
      },
    });
    this.#recovery.start();
    try {
      const taken = TakenSubjects.read(this.#nc, this.#names);
      await flushConnection(this.#nc);
      this.#taken = await taken;
      if (!this.#options.sendOnly) await this.#strategy.open?.(this.#nc);
    } catch (error) {
      this.#pending.fail(fromClientError("connection", error));
    }
  }

  #subscribe(subject: string, onMessage: (msg: Msg) => void): void {
    const callback = (error: Error | null, msg: Msg) => {
      if (error) return this.#pending.fail(fromClientError(`subscription ${subject}`, error));
      try {
        onMessage(msg);
      } catch (thrown) {
        this.#pending.fail(thrown as Error); // it would end the client's reading from the server
      }
    };
    this.#subscriptions.push(this.#nc.subscribe(subject, { callback }));
  }
}

/** What the compiler infers from a schema in the options, and not from the payload. */
type Inferred<Input> = [Input][Input extends unknown ? 0 : never];

/** For the laboratory: also with the reply strategies that exist to be compared. */
export const openLabRequester = (nc: NatsConnection, options: LabRequesterOptions): Promise<Requester> =>
  Requester.open(nc, options as RequesterOptions);

function withResolvers() {
  let resolve!: (reply: Reply) => void;
  let reject!: (error: Error) => void;
  const promise = new RequestCall((resolved, rejected) => {
    resolve = resolved;
    reject = rejected;
  });
  return { promise, resolve, reject };
}
