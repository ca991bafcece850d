// Takes requests from the durable consumer, never more than it has room for. The client's own `consume()` asks for
// more as soon as messages arrive, handled or not; held too long, they would be delivered twice (`ack_wait`).

import type { Msg, NatsConnection, Subscription } from "@nats-io/nats-core";
import { newInbox } from "../connection/connect.js";
import { watchConnection } from "../connection/watch.js";
import { type KitError, NotSetUpError } from "../protocol/errors.js";
import { fromClientError } from "../protocol/server-error.js";
import { hasFeature } from "../protocol/server-version.js";

interface PullOptions {
  stream: string;
  consumer: string;
  /** Most messages asked for or in hand at any time. */
  prefetch: number;
  /** Fewer than that, for now. */
  most?(): number;
  inboxPrefix?: string;
  /** Milliseconds between signs of life of the server. Default 5000. */
  heartbeatMs?: number;
  onMessage(msg: Msg): void;
  /** Nobody listens where one pulls: rejects with `NotSetUpError` when that is because the consumer is gone. */
  lookAgain(): Promise<unknown>;
  /** The consumer cannot be pulled from any more: it is gone, or not ours to use. */
  onFatal(error: KitError): void;
}

const expiresMs = 30_000;
const retryMs = 250;
const nanos = (ms: number) => ms * 1_000_000;

export class Pull {
  readonly #nc: NatsConnection;
  readonly #options: PullOptions;
  readonly #heartbeatMs: number;
  readonly #subject: string;
  #inbox = "";
  #subscription: Subscription | undefined;
  #stopWatching = () => {};
  #watchdog: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  /** Still to come of the one pull request that is open. */
  #asked = 0;
  #askedAt = 0;
  #inHand = 0;
  #heardAt = 0;
  #stopped = false;
  #paused = false;

  constructor(nc: NatsConnection, options: PullOptions) {
    this.#nc = nc;
    this.#options = options;
    this.#heartbeatMs = options.heartbeatMs ?? 5_000;
    this.#subject = `$JS.API.CONSUMER.MSG.NEXT.${options.stream}.${options.consumer}`;
  }

  start(): void {
    this.#stopWatching = watchConnection(this.#nc, {
      // What was asked for on the old connection will not come.
      reconnected: () => this.#askAnew(),
      refused: (subject, error) => subject === this.#subject && this.#options.onFatal(error),
    });
    this.#watchdog = setInterval(() => this.#checkHeartbeat(), this.#heartbeatMs);
    this.#askAnew();
  }

  /** One message in hand is finished: there is room for another. */
  finished(): void {
    this.#inHand--;
    const most = this.#options.most?.();
    // Far more was asked for than there is room for now: the server drops that with its inbox.
    if (most !== undefined && this.#asked > 0 && this.#inHand + this.#asked > 2 * most) this.#askAnew();
    else this.#ask();
  }

  /** Asks for nothing more until `resume`; when it resolves, what was under way has been handed to `onMessage`. */
  async pause(): Promise<void> {
    this.#paused = true;
    clearTimeout(this.#retry);
    const open = this.#subscription;
    this.#subscription = undefined;
    this.#asked = 0;
    if (!this.#nc.isClosed()) await open?.drain();
  }

  resume(): void {
    this.#paused = false;
    this.#askAnew();
  }

  /** Asks for nothing more; when it resolves, everything that was under way has been handed to `onMessage`. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#watchdog);
    clearTimeout(this.#retry);
    this.#stopWatching();
    if (!this.#nc.isClosed()) await this.#subscription?.drain();
  }

  /**
   * A new inbox each time: without interest in the old one the server drops the pull request that pointed there,
   * and what it still sends for it cannot come on top of the new one.
   */
  #askAnew(): void {
    if (this.#stopped || this.#paused || this.#nc.isClosed()) return;
    this.#subscription?.drain().catch(() => {}); // closed already
    const inbox = newInbox(this.#nc, this.#options.inboxPrefix);
    const callback = (error: Error | null, msg: Msg) => {
      if (error) this.#options.onFatal(fromClientError(`pulling from ${this.#options.consumer}`, error));
      else this.#receive(msg, inbox);
    };
    this.#inbox = inbox;
    this.#subscription = this.#nc.subscribe(inbox, { callback });
    this.#asked = 0;
    this.#heardAt = performance.now();
    this.#ask();
  }

  /** One pull request at a time, so that every status is about that one. */
  #ask(): void {
    if (this.#stopped || this.#paused || this.#asked > 0 || this.#nc.isClosed()) return;
    const most = this.#options.most?.() ?? this.#options.prefetch;
    const room = most - this.#inHand;
    // Asking in halves keeps the number of pull requests small while there is always work under way.
    if (room < Math.max(1, most / 2)) return;
    this.#asked = room;
    this.#askedAt = performance.now();
    const request = { batch: room, expires: nanos(expiresMs), idle_heartbeat: nanos(this.#heartbeatMs) };
    this.#nc.publish(this.#subject, JSON.stringify(request), { reply: this.#inbox });
  }

  #receive(msg: Msg, inbox: string): void {
    this.#heardAt = performance.now();
    const current = inbox === this.#inbox;
    if (msg.subject === inbox) {
      if (current) this.#onStatus(msg);
      return;
    }
    if (current && this.#asked > 0) this.#asked--;
    this.#inHand++;
    this.#options.onMessage(msg);
    this.#ask();
  }

  /** Statuses of a pull: ADR-13 and the server's `consumer.go`. All but the heartbeat end it. */
  #onStatus(msg: Msg): void {
    const code = msg.headers?.code ?? 0;
    const text = msg.headers?.description ?? "";
    if (code === 100) return;
    this.#asked = 0;
    if (/consumer deleted|stream deleted|push based|bad request/i.test(text)) {
      const gone = `Consumer ${this.#options.consumer} on ${this.#options.stream} cannot be used: ${text}; run \`jsrr setup\`.`;
      this.#options.onFatal(new NotSetUpError(gone));
    } else if (code === 503) void this.#lookAgain();
    else if (code === 408 && performance.now() - this.#askedAt > retryMs) this.#ask();
    else this.#askLater();
  }

  /** JetStream may be starting, or without a leader; or the consumer is gone, and will not come back by itself. */
  async #lookAgain(): Promise<void> {
    const error = await this.#options.lookAgain().then(
      () => undefined,
      (reason: unknown) => fromClientError(`consumer ${this.#options.consumer}`, reason),
    );
    if (error instanceof NotSetUpError) this.#options.onFatal(error);
    else this.#askLater();
  }

  /** No leader, a shutdown, too many pulls: it passes. */
  #askLater(): void {
    clearTimeout(this.#retry);
    if (!this.#stopped && !this.#paused) this.#retry = setTimeout(() => this.#ask(), retryMs);
  }

  #checkHeartbeat(): void {
    const waiting = this.#asked > 0;
    if (!waiting || performance.now() - this.#heardAt <= 2 * this.#heartbeatMs) return;
    // An older server does not tell that nobody listens where one pulls (features.ts, "no-stream-status").
    if (!hasFeature(this.#nc, "no-stream-status")) void this.#lookAgain();
    this.#askAnew();
  }
}

// How many requests a responder may have in hand: as many as it was told to, and no more than its handlers can finish within
// `ack_wait`. What waits longer is delivered again, and each delivery is an attempt of which there may be few.

/** What a handler took before counts less with each that is faster; one that is slower counts at once. */
const keeps = 0.9;

export class Room {
  readonly #prefetch: number;
  readonly #concurrency: number;
  #ackWaitMs = Number.POSITIVE_INFINITY;
  #handlerMs = 0;

  constructor(prefetch: number, concurrency: number) {
    this.#prefetch = prefetch;
    this.#concurrency = concurrency;
  }

  start(ackWaitMs: number): void {
    this.#ackWaitMs = ackWaitMs;
  }

  /** A handler took so long, in milliseconds. */
  ran(ms: number): void {
    this.#handlerMs = Math.max(ms, keeps * this.#handlerMs + (1 - keeps) * ms);
  }

  /** In half of `ack_wait`, because the next ones may be slower. Until the first handler is done nothing is known. */
  get most(): number {
    if (this.#handlerMs === 0) return this.#prefetch;
    const each = Math.max(1, Math.floor(this.#ackWaitMs / 2 / this.#handlerMs));
    return Math.min(this.#prefetch, this.#concurrency * each);
  }
}
