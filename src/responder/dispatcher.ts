// The requests in hand: who is at work, who waits for a turn, and for whom waiting took too long.

import type { Msg, NatsConnection } from "@nats-io/nats-core";
import PQueue from "p-queue";
import { readDelivery, stillAtIt, take } from "./delivery.js";
import type { Kitchen } from "./processor.js";
import type { Room } from "./pull-consumer.js";

interface TurnsOptions {
  /** Handlers at work at once; undefined where no more is in hand than may be: then the pull itself is the bound. */
  concurrency: number | undefined;
  /** Told how long handlers take, where some may wait. */
  room: Room;
  /** One message in hand is finished. */
  finished(): void;
  /** An observer threw, or the connection is closed. */
  onFatal(error: Error): void;
}

export class Turns {
  readonly #nc: NatsConnection;
  readonly #kitchen: Kitchen;
  readonly #options: TurnsOptions;
  readonly #queue: PQueue | undefined;
  readonly #atWork = new AtWork();
  /** Delivered, not begun yet: when each arrived. */
  readonly #waiting = new Map<Msg, number>();
  #ackWaitMs = Number.POSITIVE_INFINITY;
  #keepAlive!: KeepAlive;

  constructor(nc: NatsConnection, kitchen: Kitchen, options: TurnsOptions) {
    this.#nc = nc;
    this.#kitchen = kitchen;
    this.#options = options;
    const { concurrency } = options;
    this.#queue = concurrency === undefined ? undefined : new PQueue({ concurrency });
  }

  start(ackWaitMs: number): void {
    this.#ackWaitMs = ackWaitMs;
    this.#options.room.start(ackWaitMs);
    this.#keepAlive = new KeepAlive(this.#nc, ackWaitMs);
  }

  take(msg: Msg): void {
    if (!this.#queue) {
      void this.#handle(msg);
      return;
    }
    this.#waiting.set(msg, performance.now());
    // Delivered no more, it would end without an attempt.
    if (this.isLast(msg)) this.#keepAlive.begin(msg);
    void this.#queue.add(() => this.#begin(msg));
  }

  /** Whether this delivery is the last one: given back, or left to time out, it would come to nobody. */
  isLast(msg: Msg): boolean {
    const { lastAttempt } = this.#kitchen;
    return lastAttempt !== Number.POSITIVE_INFINITY && readDelivery(msg.reply ?? "").delivery >= lastAttempt;
  }

  /** To be delivered again at once, to somebody else. It leaves its room to another. */
  giveBack(msg: Msg, reason: string): void {
    try {
      this.#kitchen.checkout.giveBack(msg, reason);
    } catch (error) {
      this.#options.onFatal(error as Error);
    }
    this.#options.finished();
  }

  /** What is delivered for the last time stays: it is finished here. */
  giveBackWaiting(reason: string): void {
    for (const msg of this.#waiting.keys()) {
      if (this.isLast(msg)) continue;
      this.#waiting.delete(msg);
      this.giveBack(msg, reason);
    }
  }

  /** To be delivered again at once, whatever their handlers say from now on: the ids of the requests. */
  giveUp(reason: string): string[] {
    const all = new Set([...this.#keepAlive.all(), ...this.#waiting.keys()]);
    this.#waiting.clear();
    this.#keepAlive.stop();
    for (const msg of all) {
      try {
        this.#kitchen.checkout.giveUp(msg, reason);
      } catch (error) {
        this.#options.onFatal(error as Error);
      }
    }
    return [...new Set([...all].map((msg) => take(msg).id))];
  }

  /** Resolves when nothing is at work, and nothing waits; there may be more later. */
  async atRest(): Promise<void> {
    await this.#queue?.onIdle();
    await this.#atWork.none();
  }

  /** Resolves when nothing is at work any more. */
  async finish(): Promise<void> {
    await this.atRest();
    this.#keepAlive.stop();
  }

  async #begin(msg: Msg): Promise<void> {
    const since = this.#waiting.get(msg);
    if (since === undefined) return; // given back while it waited
    this.#waiting.delete(msg);
    const began = performance.now();
    const ours = this.#keepAlive.has(msg) || this.#stillOurs(msg, began - since);
    if (ours) await this.#handle(msg, began);
    else this.#options.finished();
    this.#keepAlive.end(msg);
  }

  /** `began` only where others may wait for it. */
  #handle(msg: Msg, began?: number): void | Promise<void> {
    this.#atWork.begin();
    try {
      const work = this.#kitchen.handle(msg);
      if (work) return this.#finish(msg, work, began);
    } catch (error) {
      this.#options.onFatal(error as Error);
    }
    this.#finished(began);
  }

  async #finish(msg: Msg, work: Promise<void>, began?: number): Promise<void> {
    this.#keepAlive.begin(msg);
    try {
      await work;
    } catch (error) {
      this.#options.onFatal(error as Error);
    }
    this.#keepAlive.end(msg);
    this.#finished(began);
  }

  #finished(began?: number): void {
    if (began !== undefined) this.#options.room.ran(performance.now() - began);
    this.#options.finished();
    this.#atWork.end();
  }

  /**
   * What waited behind slow handlers gets its whole `ack_wait` for its own; past that it is someone else's. The server
   * counts from when it sent the message, which was a little before it arrived here.
   */
  #stillOurs(msg: Msg, waitedMs: number): boolean {
    try {
      if (waitedMs >= 0.9 * this.#ackWaitMs) {
        this.#kitchen.checkout.forget(msg, `waited ${Math.round(waitedMs)} ms, too long for ack_wait`);
        return false;
      }
      if (waitedMs > this.#ackWaitMs / 4) stillAtIt(this.#nc, msg);
    } catch (error) {
      this.#options.onFatal(error as Error);
      return false;
    }
    return true;
  }
}

// Tells the server of handlers that take long, so that their requests are not delivered to somebody else meanwhile.
// One timer for all; a handler that is done before a third of `ack_wait` costs an entry in a map.

class KeepAlive {
  readonly #nc: NatsConnection;
  readonly #quietMs: number;
  /** When the server last heard of each request that is being handled. */
  readonly #heard = new Map<Msg, number>();
  readonly #timer: NodeJS.Timeout;

  /** The server hears of a request a third to half an `ack_wait` after it last did. */
  constructor(nc: NatsConnection, ackWaitMs: number) {
    this.#nc = nc;
    this.#quietMs = ackWaitMs / 3;
    this.#timer = setInterval(() => this.#tick(), Math.max(1, Math.floor(ackWaitMs / 6)));
  }

  begin(msg: Msg): void {
    this.#heard.set(msg, performance.now());
  }

  /** What is being handled, or waits for its last attempt. */
  all(): Iterable<Msg> {
    return this.#heard.keys();
  }

  has(msg: Msg): boolean {
    return this.#heard.has(msg);
  }

  end(msg: Msg): void {
    this.#heard.delete(msg);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    if (this.#heard.size === 0 || this.#nc.isClosed()) return;
    const now = performance.now();
    for (const [msg, heardAt] of this.#heard) {
      if (now - heardAt < this.#quietMs) continue;
      this.#heard.set(msg, now);
      stillAtIt(this.#nc, msg);
    }
  }
}

// How many requests are being handled, and when there are none.

class AtWork {
  #count = 0;
  #whenNone: (() => void)[] = [];

  begin(): void {
    this.#count++;
  }

  end(): void {
    if (--this.#count > 0) return;
    for (const resolve of this.#whenNone.splice(0)) resolve();
  }

  /** Resolves as soon as nothing is being handled; at once when nothing is. */
  none(): Promise<void> {
    if (this.#count === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenNone.push(resolve));
  }
}
