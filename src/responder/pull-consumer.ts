// Pull consumer: asks the durable consumer for requests, never for more than there is room for.
import type { Msg, NatsConnection, Subscription } from "@nats-io/nats-core";
import { wait } from "../common/wait.js";
import { newInbox } from "../connection/inbox.js";
import { watchConnection } from "../connection/watch.js";
import { type KitError, NotSetUpError } from "../protocol/errors.js";
import { fromClientError } from "../protocol/server-error.js";
import { hasFeature } from "../protocol/server-version.js";
import type { QueueNames } from "../protocol/subjects.js";

interface PullConsumerOptions {
  names: QueueNames;
  consumer: string;
  /** Most messages asked for or in hand; changes with how long the handlers take. */
  capacity(): number;
  inboxPrefix?: string | undefined;
  /** Milliseconds between the server's idle heartbeats. Default 5000. */
  heartbeatMs?: number;
  onMessage(msg: Msg): void;
  /** How many pull requests wait at the consumer, by all responders; undefined if the server does not say. */
  countWaiting(): Promise<number | undefined>;
  /** The server answers that no consumer takes the pull: rejects with `NotSetUpError` when the consumer is gone. */
  checkSetup(): Promise<unknown>;
  /** The consumer cannot be pulled from any more: it is gone, or the account may not use it. */
  onFatal(error: KitError): void;
}

const expiresMs = 30_000;
const retryMs = 250;
/** A server with leaf nodes or gateways serves a pull request for so long without asking for a subscription to its inbox (consumer.go). */
const servedUnheardMs = 2_000;
const leavePollMs = 20;
const nanos = (ms: number) => ms * 1_000_000;

/**
 * The client's own `consume()` asks for more as soon as messages arrive, handled or not. Messages that wait too long are
 * delivered twice (`ack_wait`), so this class counts what is in hand.
 *
 * - One pull request is open at a time. The next one asks for at least half of the capacity.
 * - A pull request ends (timeout, leadership change, server shutdown) → the next one follows, some after 250 ms.
 * - Two heartbeats are missing, or the client has reconnected → a new inbox and a new pull request.
 * - The consumer or the stream is deleted, or the account may not pull → `onFatal`.
 * - `pause()` and `stop()` leave the open pull request: the server ends one whose inbox has no subscription. A server with leaf
 *   nodes or gateways may go on to deliver to the inbox for two seconds, so the subscription stays for that time.
 */
export class PullConsumer {
  readonly #nc: NatsConnection;
  readonly #options: PullConsumerOptions;
  readonly #heartbeatMs: number;
  readonly #subject: string;
  #inbox = "";
  #subscription: Subscription | undefined;
  #stopWatching = () => {};
  #watchdog: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  /** Messages still to come for the open pull request. */
  #requested = 0;
  #requestedAt = 0;
  /** Delivered and not finished. */
  #inHand = 0;
  #lastMessageAt = 0;
  #stopped = false;
  #paused = false;
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
      reconnected: () => this.#renew(),
      refused: (subject, error) => subject === this.#subject && this.#options.onFatal(error),
    });
    this.#watchdog = setInterval(() => this.#checkHeartbeat(), this.#heartbeatMs);
    this.#renew();
  }

  /** One message in hand is finished: there is room for another. */
  finished(): void {
    this.#inHand--;
    if (this.#requested === 0) this.#pull();
    // The capacity has shrunk below half of what was asked for: the server drops the pull request with its inbox.
    else if (this.#inHand + this.#requested > 2 * this.#options.capacity()) this.#renew();
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
    this.#lastMessageAt = performance.now();
    this.#pull();
  }

  #subscribe(inbox: string): Subscription {
    const callback = (error: Error | null, msg: Msg) => {
      if (error) this.#options.onFatal(fromClientError(`pulling from ${this.#options.consumer}`, error));
      else this.#receive(msg, inbox);
    };
    return this.#nc.subscribe(inbox, { callback });
  }

  /** One pull request at a time, so that each status is about that one. */
  #pull(): void {
    if (this.#stopped || this.#paused || this.#requested > 0 || this.#nc.isClosed()) return;
    const capacity = this.#options.capacity();
    const room = capacity - this.#inHand;
    // Half of the capacity at least: few pull requests, and always work in hand.
    if (room < Math.max(1, capacity / 2)) return;
    this.#requested = room;
    this.#requestedAt = performance.now();
    const request = { batch: room, expires: nanos(expiresMs), idle_heartbeat: nanos(this.#heartbeatMs) };
    this.#nc.publish(this.#subject, JSON.stringify(request), { reply: this.#inbox });
  }

  #receive(msg: Msg, inbox: string): void {
    this.#lastMessageAt = performance.now();
    const current = inbox === this.#inbox;
    if (msg.subject === inbox) {
      if (current) this.#onStatus(msg);
      return;
    }
    if (current && this.#requested > 0) this.#requested--;
    this.#inHand++;
    this.#options.onMessage(msg);
    this.#pull();
  }

  /** Statuses of a pull: ADR-13 and the server's `consumer.go`. All but the heartbeat end it. */
  #onStatus(msg: Msg): void {
    const code = msg.headers?.code ?? 0;
    const text = msg.headers?.description ?? "";
    if (code === 100) return;
    this.#requested = 0;
    if (/consumer deleted|stream deleted|push based|bad request/i.test(text)) {
      const gone = `Consumer ${this.#options.consumer} on ${this.#options.names.requestStream} cannot be used: ${text}; run \`jsrr setup\`.`;
      this.#options.onFatal(new NotSetUpError(gone));
    } else if (code === 503) void this.#checkSetup();
    else if (code === 408 && performance.now() - this.#requestedAt > retryMs) this.#pull();
    else this.#pullLater();
  }

  /** JetStream may be starting, or without a leader; or the consumer is gone for good. */
  async #checkSetup(): Promise<void> {
    const error = await this.#options.checkSetup().then(
      () => undefined,
      (reason: unknown) => fromClientError(`consumer ${this.#options.consumer}`, reason),
    );
    if (error instanceof NotSetUpError) this.#options.onFatal(error);
    else this.#pullLater();
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
    if (!hasFeature(this.#nc, "no-stream-status")) void this.#checkSetup();
    this.#renew();
  }
}
