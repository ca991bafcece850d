// Dispatcher: hands deliveries to the processor, a bounded number at a time, and keeps track of all that are not settled.
import PQueue from "p-queue";
import { LinkedList } from "../connection/deadline-table.js";
import type { CalledOff } from "../protocol/cancel.js";
import type { Delivery } from "./delivery.js";
import type { ConsumerLimits } from "./options.js";
import type { Processor } from "./processor.js";
import type { Settlement } from "./settlement.js";
import { mostKept } from "./unstored.js";

interface DispatcherOptions {
  /** Handlers that run at the same time. */
  concurrency: number;
  /** Most deliveries in hand, running ones included; undefined if only the concurrency and `mostResults` bound them. */
  prefetch: number | undefined;
  limits: ConsumerLimits;
  processor: Processor;
  settlement: Settlement;
  /** Why the requester of a delivery waits no more; undefined if it may still wait. */
  calledOff(delivery: Delivery): CalledOff | undefined;
  /** A delivery is settled: there is room for another. */
  onRoom(): void;
  /** The event loop has come to its timers: called six times in an `ack_wait`, and later if a handler computes. */
  onTick(): void;
  /** The consumer counts from a lower number: it was made anew, or its server has lost its counts. */
  onConsumerAnew(): void;
}

/**
 * Without `prefetch`: milliseconds that a delivery waits for a place, as far as the handlers before it tell, and most deliveries that
 * may wait so.
 */
const ahead = { ms: 1, deliveries: 256 };

/** Results whose replies have no PubAck, and their bytes: at most so many. Beyond, no more is pulled. */
const mostResults = mostKept;

/** A duration counts less with each faster handler; a slower one counts at once. */
const durationDecay = 0.9;

/**
 * - p-queue bounds the handlers. One that returns at once is done before another can begin, so it takes no place there.
 * - A delivery that waits gets a whole `ack_wait` for its handler. One that has waited for almost all of it is left to the
 *   server, which redelivers it.
 * - One timer sends +WPI for every delivery that is begun, a third to half an `ack_wait` after the last sign of progress.
 *   A delivery at its last attempt gets it while it waits, too: the server would not deliver it again.
 * - A delivery of a message that is in hand already joins the one in hand: the handler does not run twice. The server delivers
 *   again when `ack_wait` ends in a break of the connection, when it was killed, and when the consumer was made anew.
 * - A delivery whose handler has ended holds no place: its reply waits for the PubAck. With `prefetch` it is in hand until then. Without,
 *   such results are bounded in number and bytes.
 * - A delivery whose result is kept (see `Settlement`) is in hand, and holds no place unless the kept results exceed their bounds.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #handlers: PQueue;
  /** In the order of arrival. */
  readonly #unsettled = new LinkedList<Delivery>();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #whenIdle: (() => void)[] = [];
  /** Those whose results are kept, and whether each has a place still. */
  readonly #kept = new Map<Delivery, boolean>();
  #keptPlaces = 0;
  /** Those whose handlers have ended, kept ones included, and their bytes. */
  #results = 0;
  #resultBytes = 0;
  #whenAllStored: (() => void)[] = [];
  /** The server delivers in the order of the stream, but for redeliveries: this one has the highest sequence. */
  #newest: Delivery | undefined;
  /** A server that was killed may deliver again what it delivered up to this sequence, and count from 1. */
  #repeatsUpTo = 0;
  /** By the server's clock, in milliseconds: a consumer before this one may have delivered what was stored earlier. 0 if nothing was. */
  #olderThan = 0;
  /** Of the last delivery. */
  #consumerSequence = 0;
  /** Of a begun delivery, in milliseconds; 0 before the first. With `prefetch` until it is settled, else until its handler has ended. */
  #durationMs = 0;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#handlers = new PQueue({ concurrency: options.concurrency });
    this.limitsChanged();
  }

  /** The consumer may have another `ack_wait`. */
  limitsChanged(): void {
    if (this.#stopped) return; // a timer would keep the process alive
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#tick(), Math.max(1, Math.floor(this.#options.limits.ackWaitMs / 6)));
  }

  /** Begins the delivery, at once if fewer handlers run than may. */
  dispatch(delivery: Delivery): void {
    if (this.#joins(delivery)) return;
    if (delivery.deliveryCount === 1) this.#newest = delivery;
    this.#unsettled.add(delivery);
    const { size, pending, concurrency, isPaused } = this.#handlers;
    if (size > 0 || pending >= concurrency || isPaused) {
      void this.#handlers.add(() => this.#beginAfterWaiting(delivery));
      return;
    }
    const handler = this.#begin(delivery);
    if (handler) void this.#handlers.add(() => handler);
  }

  /** Begins no delivery until `release` or `returnWaiting`: a NAK now would be redelivered here. */
  hold(): void {
    this.#handlers.pause();
  }

  /** Begins what was held. */
  release(): void {
    this.#handlers.start();
  }

  /** NAKs a delivery that arrives while the responder pauses or drains. */
  returnArrived(delivery: Delivery, reason: string): void {
    if (this.#joins(delivery)) return;
    this.#unsettled.add(delivery);
    this.#options.settlement.returnUnstarted(delivery, reason);
  }

  /** The settlement is done with this delivery. */
  settled(delivery: Delivery): void {
    if (!this.#unsettled.remove(delivery)) return;
    if (delivery.resultBytes > 0) {
      this.#results--;
      this.#resultBytes -= delivery.resultBytes;
    }
    if (this.#kept.size > 0 && this.#kept.has(delivery)) {
      this.#stored(delivery);
      return;
    }
    if (this.#isBounded && delivery.started) this.#recordDuration(delivery);
    this.#options.onRoom();
    this.#checkIdle();
  }

  /** Its handler has ended, and its result waits to be stored. `hasPlace`: it counts for `prefetch` until then. */
  keep(delivery: Delivery, hasPlace: boolean): void {
    if (this.#kept.has(delivery) || !this.#unsettled.has(delivery)) return;
    this.#kept.set(delivery, hasPlace);
    if (hasPlace) this.#keptPlaces++;
    else this.#options.onRoom();
    this.#checkIdle();
  }

  /**
   * The consumer is gone. Handlers that run finish, and their replies are stored. What waits is not begun: a consumer that is made anew
   * for the same stream delivers it again.
   */
  consumerGone(): void {
    this.#consumerSequence = 0;
    for (const delivery of this.#unsettled.all()) {
      delivery.orphan();
      if (!delivery.started) this.#options.settlement.leaveToServer(delivery, "its consumer is gone");
    }
  }

  /** The connection is up again: +WPI was lost meanwhile, and so may be what the server knew of its deliveries. */
  reconnected(): void {
    this.#repeatsUpTo = Math.max(this.#repeatsUpTo, this.#newest?.sequence ?? 0);
    for (const delivery of this.#unsettled.all()) if (delivery.started) delivery.keepAlive();
  }

  /** When the consumer was created, by the server's clock. A consumer before it may have delivered older messages. */
  consumerCreated(atMs: number): void {
    this.#olderThan = atMs;
  }

  /**
   * Whether a NAK, or a time-out, could leave the request without an end: it counts as an attempt, so after the last one there is no
   * other, and a cancel may have deleted the message.
   */
  endsHere(delivery: Delivery): boolean {
    return this.#isLastAttempt(delivery) || this.#options.calledOff(delivery) !== undefined;
  }

  /** How many more deliveries may be in hand; negative if there are too many. */
  room(isBusy: boolean): number {
    if (this.#options.prefetch !== undefined)
      return this.capacity(isBusy) - (this.#unsettled.size - this.#kept.size + this.#keptPlaces);
    const isFull = this.#results >= mostResults.results || this.#resultBytes >= mostResults.bytes;
    return isFull ? 0 : this.capacity(isBusy) - this.#places;
  }

  /**
   * Most deliveries that should wait or run. With `prefetch`: all that can be finished in half of `ack_wait`, because later handlers
   * may be slower. What waits longer is redelivered, and each delivery is an attempt. Without: as many as may run. While the queue
   * is full, no handler runs, and they end in less than a millisecond: as many more as begin within one.
   */
  capacity(isBusy: boolean): number {
    const { prefetch, concurrency, limits } = this.#options;
    if (prefetch === undefined) return isBusy && this.#places === 0 ? concurrency + this.#ahead : concurrency;
    if (!this.#isBounded || this.#durationMs === 0) return prefetch;
    const each = Math.max(1, Math.floor(limits.ackWaitMs / 2 / this.#durationMs));
    return Math.min(prefetch, concurrency * each);
  }

  /** Deliveries that wait or run, and kept results that hold a place. */
  get #places(): number {
    return this.#unsettled.size - this.#results + this.#keptPlaces;
  }

  get #ahead(): number {
    if (this.#durationMs === 0) return 0;
    return Math.min(ahead.deliveries, this.#options.concurrency * Math.floor(ahead.ms / this.#durationMs));
  }

  /** NAKs what waits, but for last attempts and cancelled requests: those are finished here. */
  returnWaiting(reason: string): void {
    for (const delivery of this.#unsettled.all()) {
      if (delivery.started || this.endsHere(delivery) || !this.#isStillOurs(delivery)) continue;
      this.#options.settlement.returnUnstarted(delivery, reason);
    }
    this.release();
  }

  /** NAKs everything, running handlers included; `reasonOfKept` is for results that are kept. Returns the ids of the requests. */
  abandonAll(reason: string, reasonOfKept: string): string[] {
    const abandoned = this.#unsettled.all();
    const kept = new Set(this.#kept.keys());
    for (const delivery of abandoned) {
      if (!delivery.started && this.#options.calledOff(delivery)) void this.#begin(delivery);
    }
    for (const delivery of abandoned) this.#unsettled.remove(delivery);
    this.#kept.clear();
    this.#results = this.#resultBytes = this.#keptPlaces = 0;
    this.stop();
    for (const delivery of abandoned) {
      this.#options.settlement.abandon(delivery, kept.has(delivery) ? reasonOfKept : reason);
    }
    this.#checkIdle();
    return [...new Set(abandoned.map(({ id }) => id))];
  }

  /**
   * Fires the signal of every running handler of the request, of one message only if `sequence` names it. Returns whether the
   * request is in hand: it runs, it waits for its turn, or its reply is not confirmed yet.
   */
  cancel(id: string, status: CalledOff, sequence?: number): boolean {
    let inHand = false;
    for (const delivery of this.#unsettled.all()) {
      if (delivery.id !== id || (sequence !== undefined && delivery.sequence !== sequence)) continue;
      inHand = true;
      if (delivery.handling) delivery.cancel(status);
    }
    return inHand;
  }

  /** Resolves when all that is not settled is kept to be stored; more may be delivered later. */
  idle(): Promise<void> {
    if (this.#unsettled.size === this.#kept.size) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  /** Resolves when nothing is kept any more. */
  allStored(): Promise<void> {
    if (this.#kept.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenAllStored.push(resolve));
  }

  /** No delivery is kept alive any more. */
  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
  }

  /** Resolves when the handler is done; no promise if it returned at once. */
  #begin(delivery: Delivery): void | Promise<void> {
    delivery.started = true;
    if (this.#options.prefetch === undefined || this.#isBounded) delivery.startedAt = performance.now();
    try {
      const pending = this.#options.processor.process(delivery);
      if (pending) return this.#endLater(delivery, pending);
    } catch (error) {
      this.#options.settlement.fail(delivery, error);
    }
    this.#ended(delivery);
  }

  async #endLater(delivery: Delivery, pending: Promise<void>): Promise<void> {
    try {
      await pending;
    } catch (error) {
      this.#options.settlement.fail(delivery, error);
    }
    this.#ended(delivery);
    this.#options.onRoom();
  }

  /** Its handler has ended. If it is not settled by that, its reply waits for a PubAck, or its dead letter does. */
  #ended(delivery: Delivery): void {
    if (this.#options.prefetch === undefined) this.#recordDuration(delivery);
    if (!this.#unsettled.has(delivery)) return;
    this.#results++;
    delivery.resultBytes = Math.max(1, delivery.size + delivery.replyLength);
    this.#resultBytes += delivery.resultBytes;
  }

  /** Whether the same message is in hand already. */
  #joins(delivery: Delivery): boolean {
    if (!this.#isRedelivery(delivery)) return false;
    return this.#joinsInHand(delivery);
  }

  /** Also by a server that was killed, or by a consumer that was made anew. The server delivers messages in their order at first. */
  #isRedelivery(delivery: Delivery): boolean {
    const { consumerSequence, deliveryCount } = delivery;
    if (consumerSequence <= this.#consumerSequence) {
      this.#olderThan = Number.POSITIVE_INFINITY;
      this.#options.onConsumerAnew();
    }
    this.#consumerSequence = consumerSequence;
    if (deliveryCount > 1) return true;
    if (this.#repeatsUpTo === 0 && this.#olderThan === 0) return false;
    if (delivery.sequence > this.#repeatsUpTo) this.#repeatsUpTo = 0;
    if (delivery.storedAt > this.#olderThan) this.#olderThan = 0;
    delivery.repeated ||= this.#repeatsUpTo > 0 || this.#olderThan > 0;
    return delivery.repeated;
  }

  #joinsInHand(delivery: Delivery): boolean {
    const inHand = this.#unsettled.all().find((one) => one.isSameMessage(delivery));
    if (!inHand) return false;
    inHand.join(delivery);
    this.#options.onRoom();
    return true;
  }

  #stored(delivery: Delivery): void {
    if (this.#kept.get(delivery)) this.#keptPlaces--;
    this.#kept.delete(delivery);
    this.#options.onRoom();
    this.#checkIdle();
  }

  #beginAfterWaiting(delivery: Delivery): void | Promise<void> {
    if (!this.#unsettled.has(delivery)) return; // returned while it waited
    if (this.endsHere(delivery) || this.#isStillOurs(delivery)) return this.#begin(delivery);
  }

  #isLastAttempt(delivery: Delivery): boolean {
    return delivery.attempt >= this.#options.limits.lastAttempt;
  }

  /** The server counts `ack_wait` from when it sent the message, a little before it arrived. */
  #isStillOurs(delivery: Delivery): boolean {
    const { limits, settlement } = this.#options;
    const { ackWaitMs } = limits;
    const waitedMs = performance.now() - delivery.lastProgressAt;
    if (waitedMs >= 0.9 * ackWaitMs) {
      settlement.leaveToServer(delivery, `waited ${Math.round(waitedMs)} ms, too long for ack_wait`);
      return false;
    }
    if (waitedMs > ackWaitMs / 4) delivery.inProgress(); // sent before its handler begins, which may compute
    return true;
  }

  #tick(): void {
    this.#options.onTick();
    this.keepAlive();
  }

  /** Sends +WPI for what needs it by now. */
  keepAlive(): void {
    const now = performance.now();
    for (const delivery of this.#unsettled.all()) {
      if (now - delivery.lastProgressAt < this.#options.limits.ackWaitMs / 3) continue;
      if (delivery.started || this.#isLastAttempt(delivery)) delivery.keepAlive();
    }
  }

  /** Whether a delivery may have to wait. */
  get #isBounded(): boolean {
    const { prefetch = 0, concurrency } = this.#options;
    return prefetch > concurrency;
  }

  #recordDuration({ startedAt }: Delivery): void {
    const ms = performance.now() - startedAt;
    this.#durationMs = Math.max(ms, durationDecay * this.#durationMs + (1 - durationDecay) * ms);
  }

  #checkIdle(): void {
    if (this.#unsettled.size > this.#kept.size) return;
    for (const resolve of this.#whenIdle.splice(0)) resolve();
    if (this.#kept.size > 0) return;
    for (const resolve of this.#whenAllStored.splice(0)) resolve();
  }
}
