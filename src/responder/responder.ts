import type { Msg, NatsConnection } from "@nats-io/nats-core";
import { guardedCallback, onceWarning } from "../common/user-callback.js";
import { endMs, flushConnection, inTime } from "../connection/flush.js";
import { inboxPrefixOf } from "../connection/inbox.js";
import { consumerInfoSoon } from "../connection/jetstream.js";
import { retryUntilAnswered } from "../connection/retry.js";
import { watchConnection } from "../connection/watch.js";
import { checkOptions, type OptionNames } from "../protocol/check-options.js";
import { ClosedError, InvalidInputError, type KitError, NotPermittedError } from "../protocol/errors.js";
import { queueNames } from "../protocol/queue-names.js";
import { type QueueNames, type ReplyAddresses, replyAddresses, requireName } from "../protocol/subjects.js";
import { observedBy, type ResponderTelemetry } from "../protocol/telemetry.js";
import { AckSender } from "./ack-sender.js";
import { Cancellations } from "./cancellations.js";
import { type FoundConsumer, findConsumer } from "./consumer.js";
import { lastAttempt } from "./dead-letters.js";
import { Delivery } from "./delivery.js";
import { Dispatcher } from "./dispatcher.js";
import type { HandlerTable } from "./handlers.js";
import { MaxDeliveriesWatcher } from "./max-deliveries.js";
import {
  type ConsumerLimits,
  type Drained,
  type DrainOptions,
  drainOptionNames,
  type InferredOptions,
  optionsByConsumer,
  type ResponderOptions,
  type ResponderState,
  requireAckDelay,
  requireCounts,
  requireDrainTimeout,
  requireHandlers,
  responderOptionNames,
  type SeveralConsumers,
} from "./options.js";
import { Processor } from "./processor.js";
import { PullConsumer } from "./pull-consumer.js";
import { ReplyPublisher } from "./reply-publisher.js";
import { ResponderGroup } from "./responder-group.js";
import { type Backoff, backoff } from "./retry.js";
import type { ServerClock } from "./server-clock.js";
import { requireService, Service } from "./service.js";
import { Settlement } from "./settlement.js";

/**
 * Answers requests from the queue with the handlers of its options. Several responders share the work of one consumer.
 *
 * - Success: the reply is stored, and only then the request is acked. A crash in between means a redelivery: the responder
 *   finds the stored reply, and does not run the handler again. A reply to an inbox or another core subject is not stored:
 *   after such a crash the handler runs again.
 * - A handler throws: the reply has the status `error`, and the request is acked. A payload that the handler cannot read, or a
 *   subject without a handler: the reply has the status `rejected`, and the request is terminated. On a consumer that several kinds of
 *   responder share (`setup(nc, { shared: true })`) a request without a handler is NAKed with a growing delay, up to 10 s.
 * - `RetryLaterError`: the request is NAKed, and delivered again after `retry` or the error's own delay.
 * - The last attempt (the limit of `setup`, `max_deliver` or `maxAttempts`) fails with `RetryLaterError`, or ends in a crash: the request is copied to
 *   DEAD_LETTERS, its reply has the status `dead-lettered`, and it is terminated.
 * - A slow handler: the responder sends +WPI, so that `ack_wait` does not end. There is no time-out for handlers.
 * - A cancel, or a deadline (`Request-Timeout`, `Request-Deadline`) that passes: a waiting request is not begun, and its reply has the status
 *   `cancelled` or `expired`. A running handler's `signal` fires; an error that it then throws ends the request with that status.
 * - A reply that cannot be stored (REPLIES is full, no PubAck within 5 s, no leader, connection down): it is kept in memory and stored
 *   again after 250 ms to 5 s. The handler does not run again: meanwhile the request is kept from being redelivered, and a redelivery
 *   to this responder meets the kept reply. Up to 1,000 replies and 16 MiB are kept besides those within `prefetch`. Beyond, the
 *   responder pulls no more requests until one is stored.
 * - A reply address that is no mailbox and cannot be used (no permission, no such stream): the request is terminated.
 * - Reconnect: the responder pulls again, sends its last acks again, and stores the replies whose PubAck was lost.
 * - `pause()`: running handlers finish, waiting requests are NAKed. `resume()` pulls again.
 * - `drain()`: as `pause()`, and for good. After `timeoutMs` running requests are NAKed as well, and their signals fire. Replies that
 *   are kept have 10 s at most to be stored.
 * - In both, a waiting request at its last attempt is finished, because a NAK would lose it.
 * - An observer throws or rejects: a process warning reports the first such error, and the responder continues.
 * - The consumer or its stream is deleted, or JetStream is away: the responder looks for the consumer until it is there, and pulls again
 *   (events `pull-failed` for each attempt, and `pull-recovered`). Handlers that run finish, and their replies are stored. The limits are
 *   read anew. What the new consumer delivers again is looked up in its mailbox first.
 * - The permission to pull or to ack is missing, the connection is closed, or `fatal` says so: `closed` rejects, and the responder
 *   drains.
 *
 * @example
 * const responder = await Responder.start(nc, {
 *   handlers: { "order-tea": (request) => `tea for ${request.text}` },
 * });
 * // later
 * await responder.drain({ timeoutMs: 10_000 });
 */
export class Responder implements AsyncDisposable {
  readonly name: string;
  readonly #closed: Promise<void>;
  /** Whether the caller learns from `closed` that the responder has ended. */
  #isClosedWatched = false;
  readonly #nc: NatsConnection;
  readonly #options: Settings;
  readonly #limits: ConsumerLimits;
  readonly #acks: AckSender;
  readonly #telemetry: ResponderTelemetry | undefined;
  readonly #service: Service | undefined;
  readonly #clock: ServerClock;
  readonly #cancellations: Cancellations;
  readonly #replies: ReplyPublisher;
  readonly #settlement: Settlement;
  readonly #dispatcher: Dispatcher;
  readonly #pulls: PullConsumer;
  /** Without the permission every request waits, and without an observer nothing else says so. */
  readonly #warnRefused: (error: Error) => void;
  readonly #warnEnded: (error: Error) => void;
  readonly #maxDeliveries: MaxDeliveriesWatcher;
  #stopWatching = () => {};
  #resolveClosed!: () => void;
  #rejectClosed!: (error: Error) => void;
  #state: ResponderState = "running";
  /** What arrives is not begun and not NAKed, because a pull request is still open. */
  #holding = false;
  #pausing: Promise<void> | undefined;
  #interruptPause = () => {};
  #draining: Promise<Drained> | undefined;
  /** Everything is settled or abandoned: no delivery is begun any more. */
  #settledAll = false;
  #drainLimitAt = Number.POSITIVE_INFINITY;
  /** The server has no more time than this to answer, if the drain has a limit. */
  #drainEndAt = Number.POSITIVE_INFINITY;
  #drainTimer: NodeJS.Timeout | undefined;
  #endDrainInTime!: () => void;
  readonly #drainLimit = new Promise<void>((resolve) => {
    this.#endDrainInTime = resolve;
  });

  /**
   * Starts to pull. The connection stays the caller's. With `consumers` it pulls from several; if one is missing, from none.
   * @throws InvalidInputError when an option is out of its range, NotSetUpError when a stream or the consumer is missing,
   * NoAnswerError when the server does not answer within 5 s, and the other errors of the server.
   */
  static start<Inputs extends Record<string, unknown>, Outputs extends Record<string, unknown>>(
    nc: NatsConnection,
    options: InferredOptions<Inputs, Outputs> & SeveralConsumers,
  ): Promise<ResponderGroup<Responder>>;
  static start<Inputs extends Record<string, unknown>, Outputs extends Record<string, unknown>>(
    nc: NatsConnection,
    options: InferredOptions<Inputs, Outputs>,
  ): Promise<Responder>;
  static async start(nc: NatsConnection, options: ResponderOptions & Partial<SeveralConsumers>) {
    const several = options?.consumers && optionsByConsumer(options);
    const settings = Object.values(several ?? { only: options }).map((each) => checked(nc, each));
    await flushConnection(nc); // while the connection is down, it waits for the reconnect
    const all = await Promise.all(settings.map((each) => Responder.#open(nc, each))); // none has pulled yet
    const responders = Object.fromEntries(all.map((responder) => [responder.#options.consumer, responder]));
    for (const responder of all) responder.#start();
    const closed = all.map((responder) => responder.#closed);
    return several ? new ResponderGroup(responders, closed) : all[0];
  }

  static async #open(nc: NatsConnection, settings: Settings): Promise<Responder> {
    const limits = await findConsumer(nc, settings);
    if (limits.shared && settings.unmatched) throw sharedUnmatched(settings.consumer);
    return new Responder(nc, settings, limits);
  }

  private constructor(nc: NatsConnection, settings: Settings, consumer: FoundConsumer) {
    const { names, concurrency, prefetch, requireAddress, unmatched = "reject", inboxPrefix } = settings;
    const guarded = guardedCallback(settings.observe, onceWarning(`The observer of responder ${settings.name} failed`));
    const telemetry = settings.telemetry?.responder(settings.name, settings.consumer);
    this.#telemetry = telemetry;
    const patterns = settings.handlers.entries().map(({ pattern }) => pattern);
    this.#service =
      settings.service && new Service(nc, settings.service, { names, consumer: settings.consumer, patterns });
    const observe = observedBy(telemetry, guarded);
    const { clock } = consumer;
    const limits = limitsOf(consumer, settings);
    this.#limits = limits;
    const onFatal = (error: Error) => this.#fail(error);
    this.name = settings.name;
    this.#nc = nc;
    this.#options = { ...settings, observe };
    this.#warnRefused = onceWarning(`Responder ${settings.name} keeps a reply that it cannot store`);
    this.#warnEnded = onceWarning(`Responder ${settings.name} has ended`);
    this.#closed = new Promise((resolve, reject) => {
      this.#resolveClosed = resolve;
      this.#rejectClosed = reject;
    });
    this.#closed.catch(() => {}); // a caller need not await it
    this.#clock = clock;
    this.#acks = new AckSender(nc, {
      ...{ limits, prefetch: prefetch ?? concurrency, delayMs: settings.ackDelayMs, observe },
      keepAlive: () => this.#dispatcher.keepAlive(),
    });
    this.#replies = new ReplyPublisher(nc, { names, inboxPrefix, rememberCoreReplies: observe !== undefined });
    this.#cancellations = new Cancellations(nc, names, (id, status, sequence) =>
      this.#dispatcher.cancel(id, status, sequence),
    );
    const calledOff = (delivery: Delivery) => this.#cancellations.statusOf(delivery);
    this.#settlement = new Settlement(nc, {
      ...{ names, replies: this.#replies, backoff: settings.backoff, limits, observe, telemetry, calledOff },
      onSettled: (delivery) => this.#dispatcher.settled(delivery),
      onKept: (delivery, hasPlace) => this.#dispatcher.keep(delivery, hasPlace),
    });
    const settlement = this.#settlement;
    const processor = new Processor(nc, {
      ...{ names, handlers: settings.handlers, unmatched, limits, requireAddress, observe, telemetry },
      service: this.#service,
      ...{ cancellations: this.#cancellations, replies: this.#replies, settlement },
      isRunning: () => this.#state === "running",
    });
    this.#dispatcher = new Dispatcher({
      ...{ concurrency, prefetch, limits, processor, settlement, calledOff },
      onRoom: () => this.#pulls.onRoom(),
      onTick: () => this.#acks.tick(),
      onConsumerAnew: () =>
        void retryUntilAnswered([() => this.#readConsumer()], () => this.#state === "drained" || nc.isClosed()),
    });
    const { fatal = isNotPermitted } = settings;
    this.#pulls = new PullConsumer(nc, {
      ...{ names, consumer: settings.consumer, inboxPrefix, onFatal },
      room: (isBusy) => this.#dispatcher.room(isBusy),
      capacity: (isBusy) => this.#dispatcher.capacity(isBusy),
      limits,
      onMessage: (msg) => this.#receive(msg),
      countWaiting: () => countWaiting(nc, settings),
      checkSetup: () => this.#readConsumer(),
      isFatal: (error) => isNotPermitted(error) || fatal(error),
      onGone: () => {
        this.#acks.consumerGone();
        this.#dispatcher.consumerGone();
      },
      onFailed: (error) => observe?.({ type: "pull-failed", error: error.message }),
      onRecovered: () => observe?.({ type: "pull-recovered" }),
    });
    this.#dispatcher.consumerCreated(consumer.createdAt);
    const { ackWaitMs, maxDeliver } = consumer;
    this.#maxDeliveries = new MaxDeliveriesWatcher(nc, {
      ...{ names, consumer: settings.consumer, ackWaitMs, maxDeliver },
      ...{ replies: this.#replies, requireAddress, observe },
    });
  }

  /**
   * Resolves when drained; rejects when the responder cannot go on: no permission, the connection is closed, or what `fatal` names. If
   * nothing reads `closed`, a process warning reports the reason, unless it is the closed connection.
   */
  get closed(): Promise<void> {
    this.#isClosedWatched = true;
    return this.#closed;
  }

  /** The state at this moment. `drained` is final. */
  get state(): ResponderState {
    return this.#state;
  }

  /**
   * Stops pulling until `resume()`. Resolves when no request is in hand. Handlers that run finish; waiting requests are NAKed
   * for other responders, but for last attempts, which are finished here.
   * A second call joins the first. If `resume()`, `drain()` or a closed connection interrupts the pause, it resolves then; with
   * a drain, when that is done.
   */
  async pause(): Promise<void> {
    if (!this.#draining) {
      this.#pausing ??= this.#pause();
      await this.#pausing;
    }
    await this.#draining;
  }

  /** Pulls again. @throws ClosedError when the responder drains or is drained. */
  resume(): void {
    if (this.#draining) throw new ClosedError(`Responder ${this.name} is drained; start another one.`);
    if (this.#state === "running") return;
    this.#state = "running";
    this.#pausing = undefined;
    this.#interruptPause();
    this.#holding = false;
    this.#dispatcher.release();
    this.#pulls.resume();
    this.#options.observe?.({ type: "resumed" });
  }

  /**
   * Finishes the handlers that run, acks their requests, NAKs the rest, and stops. The connection stays open. Without
   * `timeoutMs` it waits for as long as the handlers run. With it, requests whose handlers still run then are NAKed, and `left`
   * lists their ids. A second call joins the first, and can only shorten the time. If the server does not answer, it waits
   * for 2.5 s more at most, and without `timeoutMs` for 6 s.
   * @throws InvalidInputError when `timeoutMs` is no number of milliseconds from 0 to 2^31 - 1.
   */
  async drain(options: DrainOptions = {}): Promise<Drained> {
    const { timeoutMs } = checkOptions("responder.drain", options, drainOptionNames);
    if (timeoutMs !== undefined) this.#limitDrain(requireDrainTimeout(timeoutMs));
    this.#draining ??= this.#drain();
    return this.#draining;
  }

  /** As `drain()`, without a limit. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain();
  }

  /** The consumer may have been made anew, with other limits. @throws as `findConsumer`. */
  async #readConsumer(): Promise<void> {
    const found = await findConsumer(this.#nc, this.#options);
    Object.assign(this.#limits, limitsOf(found, this.#options));
    this.#acks.limitsChanged();
    this.#dispatcher.limitsChanged();
    this.#dispatcher.consumerCreated(found.createdAt);
  }

  #start(): void {
    this.#replies.start((error) => this.#fail(error));
    this.#maxDeliveries.start();
    this.#cancellations.start();
    this.#service?.start();
    this.#stopWatching = watchConnection(this.#nc, {
      refused: (subject, error) => {
        // Without the permission to ack, every request would be redelivered again and again.
        if (isAckOf(this.#options, subject)) this.#fail(error);
        else if (this.#service?.refuse(subject, error)) return;
        else if (!this.#replies.refuse(subject, error)) this.#onCoreReplyRefused(subject, error);
        else if (this.#options.names.isMailbox(subject)) this.#warnRefused(error);
      },
      disconnected: () => {
        this.#acks.disconnected();
        this.#settlement.disconnected();
      },
      reconnected: () => {
        this.#acks.reconnected();
        this.#dispatcher.reconnected();
        this.#settlement.reconnected();
      },
      closed: () => {
        this.#dispatcher.stop(); // nothing can be kept alive any more, and a timer would keep the process alive
        if (this.#draining) return;
        this.#fail(new ClosedError(`The connection of responder ${this.name} was closed.`));
      },
    });
    this.#pulls.start();
  }

  /** Does not throw: an error in a subscription's callback would end the client's reading from the server. */
  #receive(msg: Msg): void {
    const delivery = new Delivery(msg, this.#options.names, this.#acks, this.#clock);
    if (this.#state === "running" || this.#holding || !this.#isReturned(delivery)) this.#dispatcher.dispatch(delivery);
    else this.#dispatcher.returnArrived(delivery, this.#draining ? "draining" : "pausing");
  }

  /**
   * Whether a delivery that arrives in a pause or a drain is NAKed. After the last delivery of a drain is settled (a frozen server
   * may deliver late), no reply could be confirmed any more.
   */
  #isReturned(delivery: Delivery): boolean {
    return this.#settledAll || !this.#dispatcher.endsHere(delivery);
  }

  /** The pull request ends first. Until then the server would redeliver here what is NAKed. */
  #hold(): void {
    this.#holding = true;
    this.#dispatcher.hold();
  }

  #returnHeld(reason: string): void {
    this.#holding = false;
    this.#dispatcher.returnWaiting(reason);
  }

  async #pause(): Promise<void> {
    this.#state = "pausing";
    let interrupted = false;
    const interruption = new Promise<void>((resolve) => {
      this.#interruptPause = () => {
        interrupted = true;
        resolve();
      };
    });
    this.#hold();
    await Promise.race([inTime(this.#pulls.pause()), interruption]);
    if (interrupted) return;
    this.#returnHeld("pausing");
    const settled = this.#dispatcher.idle().then(() => this.#acks.flush());
    await Promise.race([settled, interruption]);
    if (interrupted) return;
    this.#state = "paused";
    this.#options.observe?.({ type: "paused" });
  }

  async #drain(): Promise<Drained> {
    this.#state = "draining";
    this.#interruptPause();
    this.#hold();
    const answered = await inTime(this.#pulls.stop(), this.#answerMs());
    this.#returnHeld("draining");
    const left = await this.#settleInTime();
    await this.#stop(answered);
    this.#state = "drained";
    this.#resolveClosed();
    this.#options.observe?.({ type: "drained" });
    return { left };
  }

  /** The ids of the requests that were not settled within the limit, and are abandoned. */
  async #settleInTime(): Promise<string[]> {
    const settled = this.#dispatcher.idle().then(() => this.#storeInTime());
    await Promise.race([settled, this.#drainLimit]);
    this.#settledAll = true;
    this.#drainLimitAt = Number.NEGATIVE_INFINITY; // a later call starts no timer
    clearTimeout(this.#drainTimer);
    this.#settlement.stop();
    return this.#dispatcher.abandonAll(
      "still at work when the time to drain was over",
      "its reply could not be stored before the drain was over",
    );
  }

  /** Replies that are kept may be stored for as long as the drain allows, but not for ever. */
  async #storeInTime(): Promise<void> {
    if (!this.#nc.isClosed()) await inTime(this.#dispatcher.allStored(), drainStoreMs);
  }

  /** Milliseconds that the server gets to answer. */
  #answerMs = () => Math.min(stopAnswerMs, Math.max(0, this.#drainEndAt - performance.now()));

  /** The limit moves forward, never back. */
  #limitDrain(timeoutMs: number): void {
    const at = performance.now() + timeoutMs;
    if (at >= this.#drainLimitAt) return;
    this.#drainLimitAt = at;
    this.#drainEndAt = at + endMs;
    clearTimeout(this.#drainTimer);
    this.#drainTimer = setTimeout(this.#endDrainInTime, timeoutMs);
  }

  /** `answered`: whether the server answered when the pulls ended. */
  async #stop(answered: boolean): Promise<void> {
    this.#acks.flush();
    await inTime(this.#maxDeliveries.stop(), this.#answerMs());
    this.#replies.stop();
    this.#cancellations.stop();
    this.#telemetry?.close();
    this.#service?.stop();
    this.#stopWatching();
    if (answered && !this.#nc.isClosed()) await inTime(this.#nc.flush(), this.#answerMs());
  }

  #fail(error: Error): void {
    if (!this.#isClosedWatched && !this.#draining && !(error instanceof ClosedError)) this.#warnEnded(error);
    this.#rejectClosed(error);
    void this.drain().catch(() => {}); // the first error is the one that is reported
  }

  /** Comes after `replied`: a core reply is published and its request acked before the server refuses the reply. */
  #onCoreReplyRefused(subject: string, { message }: Error): void {
    const request = this.#replies.refusedCoreReply(subject);
    if (request === undefined) return;
    this.#options.observe?.({ type: "reply-refused", request, reason: `not replied: ${message}` });
  }
}

/** Milliseconds that a server gets to answer the end of the pulls and of the subscriptions. */
const stopAnswerMs = 3_000;

/** Milliseconds that a drain gives to replies that could not be stored yet. */
const drainStoreMs = 10_000;

/** Other programs may share the connection, and ack messages of other consumers. */
const isAckOf = ({ names, consumer }: Settings, subject: string) =>
  subject.startsWith("$JS.ACK.") && subject.includes(`.${names.requestStream}.${consumer}.`);

// What a responder needs: options within their ranges, and the consumer and the reply stream on the server.

type Settings = Omit<ResponderOptions, "observe" | "handlers" | "names"> & {
  names: QueueNames;
  handlers: HandlerTable;
  name: string;
  consumer: string;
  observe?: ResponderOptions["observe"] | undefined;
  concurrency: number;
  prefetch: number | undefined;
  backoff: Backoff;
  requireAddress: ReturnType<typeof replyAddresses>;
};

const replyAddressNames = { allow: true } satisfies OptionNames<ReplyAddresses>;

/** @throws InvalidInputError when an option is unknown or out of its range. */
function checked(nc: NatsConnection, options: ResponderOptions): Settings {
  checkOptions("Responder.start", options, { ...responderOptionNames, consumers: true });
  checkOptions("Responder.start, replyAddresses,", options.replyAddresses ?? {}, replyAddressNames);
  const handlers = requireHandlers(options.handlers);
  requireAckDelay(options.ackDelayMs);
  if (options.service !== undefined) requireService(options.service);
  const names = queueNames(options);
  return {
    ...options,
    handlers,
    ...requireCounts(options),
    names,
    name: requireName("the responder's name", options.name ?? "responder"),
    consumer: options.consumer ?? names.consumer,
    backoff: backoff(options.retry),
    requireAddress: replyAddresses(names, options.replyAddresses, options.inboxPrefix ?? inboxPrefixOf(nc)),
  };
}

const isNotPermitted = (error: KitError) => error instanceof NotPermittedError;

const sharedUnmatched = (consumer: string) =>
  new InvalidInputError(
    `Expected no option unmatched on consumer ${consumer}, which is shared: a request without a handler is NAKed there. A handler for ">" takes every request.`,
  );

function limitsOf(
  { maxDeliver, maxAttempts, ackWaitMs, maxAckPending, pull, shared }: FoundConsumer,
  settings: Settings,
): ConsumerLimits {
  const last = lastAttempt(maxDeliver, maxAttempts, settings.maxAttempts);
  return { ackWaitMs, maxAckPending, pull, lastAttempt: last, shared };
}

/** The pull requests at the consumer; undefined if the server gives no answer soon. */
const countWaiting = async (nc: NatsConnection, { names, consumer }: Settings): Promise<number | undefined> =>
  (await consumerInfoSoon(nc, names, consumer))?.num_waiting;
