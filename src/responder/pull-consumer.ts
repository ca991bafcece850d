// Pull consumer: asks the durable consumer for requests, never for more than there is room for.
import type { Msg, NatsConnection, Subscription } from "@nats-io/nats-core";
import { wait } from "../common/wait.js";
import { newInbox } from "../connection/inbox.js";
import { watchConnection } from "../connection/watch.js";
import { type KitError, NotSetUpError } from "../protocol/errors.js";
import { sizeOf } from "../protocol/header-block.js";
import { fromClientError } from "../protocol/server-error.js";
import { hasFeature } from "../protocol/server-version.js";
import type { QueueNames } from "../protocol/subjects.js";
import type { ConsumerLimits } from "./options.js";

interface PullConsumerOptions {
  names: QueueNames;
  consumer: string;
  /** How many more messages there is room for, apart from those that are asked for; negative if there are too many. */
  room(isBusy: boolean): number;
  /** Most messages asked for at a time; changes with how long the handlers take. `isBusy`: the last pull request was filled at once. */
  capacity(isBusy: boolean): number;
  limits: Pick<ConsumerLimits, "pull">;
  inboxPrefix?: string | undefined;
  /** Milliseconds between the server's idle heartbeats. Default 5000. */
  heartbeatMs?: number;
  onMessage(msg: Msg): void;
  /** How many pull requests wait at the consumer, by all responders; undefined if the server does not say. */
  countWaiting(): Promise<number | undefined>;
  /** Rejects when the consumer cannot be pulled from, e.g. with `NotSetUpError` when it is gone. */
  checkSetup(): Promise<unknown>;
  /** Whether the responder ends on this error instead of trying again. */
  isFatal(error: KitError): boolean;
  onFatal(error: KitError): void;
  /** The consumer is gone: what it delivered can no longer be acked. */
  onGone(): void;
  /** The server refuses the pull, for now: called for each attempt. */
  onFailed(error: KitError): void;
  /** After `onFailed`: the consumer is there (again), and is pulled from. */
  onRecovered(): void;
}

const expiresMs = 30_000;
const retryMs = 250;
/** A pull request that is filled so soon is followed by one that may ask for more, and that ends sooner. */
const busy = { filledMs: 50, expiresMs: 1_000 };
/**
 * Bytes of one pull request, at least. The server holds what is delivered until the client has read it, and closes the connection of a
 * slow consumer (`max_pending`, 64 MiB by default). Several responders and a requester may share the connection.
 */
const leastBytes = 8 * 1024 * 1024;
/** Subject, headers and ack address besides the largest payload. */
const addressBytes = 64 * 1024;
/** The pause between two attempts doubles up to this. */
const longestRetryMs = 2_000;
/** A server with leaf nodes or gateways serves a pull request for so long without asking for a subscription to its inbox (consumer.go). */
const servedUnheardMs = 2_000;
const leavePollMs = 20;
const nanos = (ms: number) => ms * 1_000_000;

/**
 * The client's own `consume()` asks for more as soon as messages arrive, handled or not. Messages that wait too long are
 * delivered twice (`ack_wait`), so this class asks for no more than there is room for.
 *
 * - One pull request is open at a time. The next one asks for at least half of the capacity.
 * - A pull request is bounded in bytes, too: 8 MiB, or the largest message. When they are used up, the next one follows at once.
 * - A pull request ends (timeout, leadership change, server shutdown) → the next one follows, some after 250 ms.
 * - Two heartbeats are missing, or the client has reconnected → a new inbox and a new pull request.
 * - The consumer or the stream is deleted, or JetStream is away → the consumer is looked for again after 250 ms to 2 s, until it is there,
 *   and then pulled from. `onFailed` is called for each attempt.
 * - The account may not pull, or `isFatal` says so → `onFatal`.
 * - `pause()` and `stop()` leave the open pull request: the server ends one whose inbox has no subscription. A server with leaf
 *   nodes or gateways may go on to deliver to the inbox for two seconds, so the subscription stays for that time.
 */
export class PullConsumer {
  readonly #nc: NatsConnection;
  readonly #options: PullConsumerOptions;
  readonly #heartbeatMs: number;
  readonly #subject: string;
  #inbox = "";
  /** The last pull request's reply subject, below the inbox: its statuses name it. */
  #pullSubject = "";
  #pulls = 0;
  #subscription: Subscription | undefined;
  #stopWatching = () => {};
  #watchdog: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  /** Messages still to come for the open pull request. */
  #requested = 0;
  /** Bytes still to come for it, as the server counts them. */
  #requestedBytes = 0;
  #requestedAt = 0;
  /** The one before was filled at once. */
  #isBusy = false;
  /** Whether it has had a message. */
  #served = false;
  /** The next message is larger than a pull request may be: it was stored when the server allowed larger ones. */
  #tooLarge = false;
  #lastMessageAt = 0;
  #stopped = false;
  #paused = false;
  /** The consumer cannot be pulled from; ends the pause before the next attempt. */
  #recovering: AbortController | undefined;
  #leaving: Promise<void> = Promise.resolve();

  constructor(nc: NatsConnection, options: PullConsumerOptions) {
    this.#nc = nc;
    this.#options = options;
    this.#heartbeatMs = options.heartbeatMs ?? 5_000;
    const { names, consumer } = options;
    this.#subject = `${names.apiPrefix}.CONSUMER.MSG.NEXT.${names.requestStream}.${consumer}`;
  }

  start(): void {
    this.#stopWatching = watchConnection(this.#nc, {
      // The old connection's pull request is gone.
      reconnected: () => (this.#recovering ? this.#recovering.abort() : this.#renew()),
      refused: (subject, error) => subject === this.#subject && this.#options.onFatal(error),
    });
    this.#watchdog = setInterval(() => this.#checkHeartbeat(), this.#heartbeatMs);
    this.#renew();
  }

  /** There is room for more. */
  onRoom(): void {
    if (this.#requested === 0) this.#pull();
    // The capacity has shrunk below half of what was asked for: the server drops the pull request with its inbox.
    else if (!this.#isBusy && this.#requested - this.#options.room(false) > this.#options.capacity(false))
      this.#renew();
  }

  /** Stops pulling until `resume`. Resolves when everything that was on its way has been handed to `onMessage`. */
  async pause(): Promise<void> {
    this.#paused = true;
    clearTimeout(this.#retry);
    await this.#leave();
  }

  resume(): void {
    this.#paused = false;
    this.#renew();
  }

  /** Stops pulling for good. Resolves when everything that was on its way has been handed to `onMessage`. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#watchdog);
    clearTimeout(this.#retry);
    this.#recovering?.abort();
    this.#stopWatching();
    await this.#leave();
  }

  /** One after the other: a drain that follows a pause resolves no earlier. */
  #leave(): Promise<void> {
    this.#leaving = this.#leaving.then(() => this.#leaveOpen());
    return this.#leaving;
  }

  /**
   * A pull request that is older than two seconds ends with the subscription. Of a younger one the consumer is asked whether it
   * still counts the pull request without a subscription. If so, a new subscription receives its messages until it ends.
   */
  async #leaveOpen(): Promise<void> {
    const [open, inbox] = [this.#subscription, this.#inbox];
    this.#subscription = undefined;
    if (!open || this.#nc.isClosed()) return;
    const before = this.#isYoung() ? await this.#options.countWaiting() : undefined;
    await open.drain();
    if (before === undefined || !this.#isYoung()) return this.#forget(inbox);
    const after = await this.#options.countWaiting();
    if (after === undefined || after < before || !this.#isLeft(inbox)) return this.#forget(inbox);
    const late = this.#subscribe(inbox);
    while (this.#isYoung() && this.#isLeft(inbox)) await wait(leavePollMs);
    if (!this.#nc.isClosed()) await late.drain();
    this.#forget(inbox);
  }

  /** An open pull request that the server may serve without a subscription. */
  #isYoung = () => this.#requested > 0 && performance.now() - this.#requestedAt < servedUnheardMs;

  /** Not resumed since, and not closed. */
  #isLeft = (inbox: string) => this.#inbox === inbox && !this.#nc.isClosed();

  #forget(inbox: string): void {
    if (this.#inbox === inbox) this.#requested = 0;
  }

  /**
   * A new inbox each time: without a subscription to the old one the server drops the old pull request, and its messages
   * cannot come on top of the new one's.
   */
  #renew(): void {
    if (this.#stopped || this.#paused || this.#nc.isClosed()) return;
    this.#subscription?.drain().catch(() => {}); // closed already
    const inbox = newInbox(this.#nc, this.#options.inboxPrefix);
    this.#inbox = inbox;
    this.#subscription = this.#subscribe(inbox);
    this.#requested = 0;
    this.#isBusy = false;
    this.#lastMessageAt = performance.now();
    this.#pull();
  }

  #subscribe(inbox: string): Subscription {
    const callback = (error: Error | null, msg: Msg) => {
      if (error) this.#options.onFatal(fromClientError(`pulling from ${this.#options.consumer}`, error));
      else this.#receive(msg, inbox);
    };
    return this.#nc.subscribe(`${inbox}.*`, { callback });
  }

  /** One pull request at a time, so that each status is about that one. */
  #pull(): void {
    if (this.#stopped || this.#paused || this.#recovering || this.#requested > 0 || this.#nc.isClosed()) return;
    const limits = this.#options.limits.pull;
    const room = this.#options.room(this.#isBusy);
    // Half of the capacity at least: few pull requests, and always work in hand.
    if (room < Math.max(1, this.#options.capacity(this.#isBusy) / 2)) return;
    const batch = this.#tooLarge ? 1 : Math.min(room, limits.batch ?? room);
    const bytes = this.#tooLarge ? limits.bytes : this.#mostBytes();
    const longest = this.#isBusy ? busy.expiresMs : expiresMs;
    const expires = nanos(Math.min(longest, limits.expiresMs ?? longest));
    const heartbeat = Math.min(nanos(this.#heartbeatMs), Math.floor(expires / 2));
    this.#requested = batch;
    this.#requestedBytes = bytes ?? Number.POSITIVE_INFINITY;
    this.#requestedAt = performance.now();
    this.#served = this.#tooLarge = false;
    const request = { batch, max_bytes: bytes, expires, idle_heartbeat: heartbeat };
    this.#pullSubject = `${this.#inbox}.${++this.#pulls}`;
    this.#nc.publish(this.#subject, JSON.stringify(request), { reply: this.#pullSubject });
  }

  #mostBytes(): number {
    const most = Math.max(leastBytes, (this.#nc.info?.max_payload ?? 0) + addressBytes);
    return Math.min(most, this.#options.limits.pull.bytes ?? most);
  }

  #receive(msg: Msg, inbox: string): void {
    this.#lastMessageAt = performance.now();
    const current = inbox === this.#inbox;
    if (msg.subject.startsWith(inbox)) {
      if (msg.subject === this.#pullSubject) this.#onStatus(msg);
      return;
    }
    if (current && this.#requested > 0) this.#count(msg);
    this.#options.onMessage(msg);
    this.#pull();
  }

  /** A pull request whose bytes are used up exactly ends without a status. */
  #count(msg: Msg): void {
    this.#served = true;
    this.#requestedBytes -= sizeOf(msg);
    this.#requested = this.#requestedBytes > 0 ? this.#requested - 1 : 0;
    if (this.#requested === 0) this.#isBusy = this.#lastMessageAt - this.#requestedAt < busy.filledMs;
  }

  /** Statuses of a pull: ADR-13 and the server's `consumer.go`. All but the heartbeat end it. */
  #onStatus(msg: Msg): void {
    const code = msg.headers?.code ?? 0;
    const text = msg.headers?.description ?? "";
    if (code === 100) return;
    const isCompleted = /batch completed/i.test(text);
    if (isCompleted && this.#requested === 0) return; // follows the last message of a pull request with bytes
    this.#requested = 0;
    this.#isBusy = false;
    const bytesUsedUp = code === 409 && /exceeds maxbytes/i.test(text);
    this.#tooLarge = bytesUsedUp && !this.#served;
    if (/consumer deleted|stream deleted|push based|bad request/i.test(text)) {
      const { consumer, names } = this.#options;
      const advice = /deleted/i.test(text) ? `; run ${names.setupAdvice()}` : ""; // setup changes no consumer that exists
      const gone = `Consumer ${consumer} on ${names.requestStream} cannot be used: ${text}${advice}.`;
      void this.#recover(new NotSetUpError(gone));
    } else if (code === 503 || /exceeded maxrequest/i.test(text))
      void this.#onNoResponders(); // reads the limits again
    else if (isCompleted || (bytesUsedUp && (this.#served || this.#options.limits.pull.bytes === undefined)))
      this.#pull();
    else if (code === 408 && performance.now() - this.#requestedAt > retryMs) this.#pull();
    else this.#pullLater();
  }

  /** The consumer has no leader for a moment, or it is gone, or JetStream is away. */
  async #onNoResponders(): Promise<void> {
    const error = await this.#whyUnusable();
    if (error) await this.#recover(error);
    else this.#pullLater();
  }

  async #whyUnusable(): Promise<KitError | undefined> {
    return this.#options.checkSetup().then(
      () => undefined,
      (reason: unknown) => fromClientError(`consumer ${this.#options.consumer}`, reason, this.#options.names),
    );
  }

  /** Looks for the consumer until it is there. */
  async #recover(first: KitError): Promise<void> {
    if (this.#recovering || this.#stopped) return;
    let gone = false;
    let error: KitError | undefined = first;
    for (let pauseMs = retryMs; error; pauseMs = Math.min(2 * pauseMs, longestRetryMs)) {
      if (this.#options.isFatal(error)) {
        this.#options.onFatal(error);
        return;
      }
      const pause = new AbortController();
      this.#recovering = pause;
      if (error instanceof NotSetUpError && !gone) {
        gone = true;
        this.#options.onGone();
      }
      this.#options.onFailed(error);
      await wait(pauseMs, { signal: pause.signal, ref: false }).catch(() => {});
      if (this.#stopped || this.#nc.isClosed()) return;
      error = await this.#whyUnusable();
      if (this.#stopped) return;
    }
    this.#recovering = undefined;
    this.#options.onRecovered();
    this.#renew();
  }

  /** No leader, a server shutdown, too many pull requests: such a state passes. */
  #pullLater(): void {
    clearTimeout(this.#retry);
    if (!this.#stopped && !this.#paused) this.#retry = setTimeout(() => this.#pull(), retryMs);
  }

  #checkHeartbeat(): void {
    const waiting = this.#requested > 0;
    if (!waiting || performance.now() - this.#lastMessageAt <= 2 * this.#heartbeatMs) return;
    // An older server sends no 503 where no consumer takes the pull (server-version.ts, "no-stream-status").
    if (!hasFeature(this.#nc, "no-stream-status")) void this.#onNoResponders();
    this.#renew();
  }
}
