// The requests in hand: who is at work, who waits for a turn, and for whom waiting took too long.
import type { Msg, NatsConnection } from "@nats-io/nats-core";
import PQueue from "p-queue";
import { AtWork } from "./at-work.js";
import { stillAtIt } from "./delivery.js";
import { KeepAlive } from "./keep-alive.js";
import type { Kitchen } from "./kitchen.js";

export interface TurnsOptions {
  /** Handlers at work at once; undefined where no more is in hand than may be: then the pull itself is the bound. */
  concurrency: number | undefined;
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
    this.#keepAlive = new KeepAlive(this.#nc, ackWaitMs);
  }

  take(msg: Msg): void {
    if (!this.#queue) {
      void this.#handle(msg);
      return;
    }
    this.#waiting.set(msg, performance.now());
    void this.#queue.add(() => this.#begin(msg));
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

  giveBackWaiting(reason: string, which: (msg: Msg) => boolean = () => true): void {
    for (const msg of this.#waiting.keys()) {
      if (!which(msg)) continue;
      this.#waiting.delete(msg);
      this.giveBack(msg, reason);
    }
  }

  /** Resolves when nothing is at work; there may be more later. */
  atRest(): Promise<void> {
    return this.#atWork.none();
  }

  /** Resolves when nothing is at work any more. */
  async finish(): Promise<void> {
    await this.#atWork.none();
    this.#keepAlive.stop();
  }

  async #begin(msg: Msg): Promise<void> {
    const since = this.#waiting.get(msg);
    if (since === undefined) return; // given back while it waited
    this.#waiting.delete(msg);
    await this.#handle(msg, performance.now() - since);
  }

  #handle(msg: Msg, waitedMs = 0): void | Promise<void> {
    this.#atWork.begin();
    try {
      const work = this.#stillOurs(msg, waitedMs) ? this.#kitchen.handle(msg) : undefined;
      if (work) return this.#finish(msg, work);
    } catch (error) {
      this.#options.onFatal(error as Error);
    }
    this.#finished();
  }

  async #finish(msg: Msg, work: Promise<void>): Promise<void> {
    this.#keepAlive.begin(msg);
    try {
      await work;
    } catch (error) {
      this.#options.onFatal(error as Error);
    }
    this.#keepAlive.end(msg);
    this.#finished();
  }

  #finished(): void {
    this.#options.finished();
    this.#atWork.end();
  }

  /**
   * What waited behind slow handlers gets its whole `ack_wait` for its own; past that it is someone else's. The server
   * counts from when it sent the message, which was a little before it arrived here.
   */
  #stillOurs(msg: Msg, waitedMs: number): boolean {
    if (waitedMs >= 0.9 * this.#ackWaitMs) {
      this.#kitchen.checkout.forget(msg, `waited ${Math.round(waitedMs)} ms, too long for ack_wait`);
      return false;
    }
    if (waitedMs > this.#ackWaitMs / 4) stillAtIt(this.#nc, msg);
    return true;
  }
}
