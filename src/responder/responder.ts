// Answers requests from the queue: handle, store the reply, and only then let the request go.

import { jetstreamManager } from "@nats-io/jetstream";
import type { Msg, NatsConnection } from "@nats-io/nats-core";
import { inTime } from "../connection/flush.js";
import { watchConnection } from "../connection/watch.js";
import { ClosedError, InvalidInputError } from "../protocol/errors.js";
import type { Observe, ResponderEvent } from "../protocol/events.js";
import { fromClientError } from "../protocol/server-error.js";
import {
  type RequireAddress,
  replyAddresses,
  replyStream,
  requestStream,
  requireName,
  responderConsumer,
} from "../protocol/subjects.js";
import { Cancels } from "./cancellations.js";
import { lastAttempt, Rescue } from "./dead-letters.js";
import { Turns } from "./dispatcher.js";
import { backoff, defaultMenu } from "./handlers.js";
import { longestTimerMs, type ResponderOptions, requireAckDelay, requireCounts } from "./options.js";
import { Kitchen } from "./processor.js";
import { Pull, Room } from "./pull-consumer.js";
import { CoreReplies, ReplySender } from "./reply-publisher.js";
import { Acks } from "./settlement.js";

/** What a responder is at: `draining` and `drained` are for good, `paused` until it is resumed. */
export type ResponderState = Pulling | "draining" | "drained";

export class Responder implements AsyncDisposable {
  readonly name: string;
  /** Resolves when drained; rejects when the responder cannot go on (consumer gone, no permission). */
  readonly closed: Promise<void>;
  readonly #crew: Crew;
  readonly #pausing: Pausing;
  readonly #draining: Draining;
  #close!: { resolve(): void; reject(error: Error): void };

  private constructor(nc: NatsConnection, options: ResponderOptions) {
    this.name = requireName("the responder's name", options.name);
    this.closed = new Promise((resolve, reject) => {
      this.#close = { resolve, reject };
    });
    this.closed.catch(() => {}); // whoever wants to know awaits it; nobody has to
    const { observe } = options;
    const crew = new Crew(nc, options, {
      take: (msg) => this.#take(msg),
      fail: (error) => this.#fail(error),
      closed: () => {
        if (this.#draining.state) return;
        this.#fail(new ClosedError(`The connection of responder ${this.name} was closed.`));
      },
    });
    const { pull, turns, acks } = crew;
    this.#crew = crew;
    this.#pausing = new Pausing({
      stopPulling: () => inTime(pull.pause()),
      pullAgain: () => pull.resume(),
      giveBackWaiting: () => turns.giveBackWaiting("pausing"),
      atRest: () => turns.atRest().then(() => acks.flush()),
      isLast: (msg) => turns.isLast(msg),
      observe,
    });
    this.#draining = new Draining({
      stopPulling: () => inTime(pull.stop()),
      giveBackWaiting: () => turns.giveBackWaiting("draining"),
      finish: () => turns.finish(),
      giveUp: (reason) => crew.giveUp(reason),
      isLast: (msg) => turns.isLast(msg),
      leave: (heard) => crew.stop(heard),
      drained: () => this.#close.resolve(),
      observe,
    });
  }

  /**
   * Starts to pull. The connection stays the caller's.
   * @throws NotSetUpError when a stream or the consumer is missing, and the other errors of the server.
   */
  static async start(nc: NatsConnection, options: ResponderOptions): Promise<Responder> {
    const responder = new Responder(nc, options);
    const crew = responder.#crew;
    crew.start(await crew.requireSetup());
    return responder;
  }

  get state(): ResponderState {
    return this.#draining.state ?? this.#pausing.state;
  }

  /**
   * Asks for no more requests until `resume`. Resolves when nothing is in hand: what was begun is finished, what was
   * delivered and not begun is given back for other responders (one that has no further attempt is finished here, too).
   * A responder that is drained stays so. Twice is once; `resume` ends it also while it is under way, and so does `drain`, or
   * a connection that closes: then it resolves when that is done.
   */
  async pause(): Promise<void> {
    if (!this.#draining.state) await this.#pausing.pause();
    await this.#draining.whole;
  }

  /** Takes requests again. @throws ClosedError when it is drained, or on its way to be. */
  resume(): void {
    if (this.#draining.state) throw new ClosedError(`Responder ${this.name} is drained; start another one.`);
    this.#pausing.resume();
  }

  /**
   * Finishes what it has begun, acknowledges it, gives the rest back, and stops. The connection stays open. Without
   * `timeoutMs` that takes as long as its handlers do, also where one hangs. With it, what is still at work then is given up
   * and given back, and `left` tells what. Twice is once; a second call may shorten the time, not lengthen it. A server
   * that does not answer is waited for a few seconds more.
   * @throws InvalidInputError when `timeoutMs` is no number of milliseconds from 0 to 2^31 - 1.
   */
  drain(): Promise<void>;
  drain(options: DrainOptions): Promise<Drained>;
  async drain(options: DrainOptions = {}): Promise<unknown> {
    const drained = this.#draining.begin(options);
    this.#pausing.end();
    return drained;
  }

  /** As `drain`, without a limit. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain();
  }

  #take(msg: Msg): void {
    const { turns } = this.#crew;
    if (this.#draining.leaves(msg)) turns.giveBack(msg, "draining");
    else if (this.#pausing.leaves(msg)) turns.giveBack(msg, "pausing");
    else turns.take(msg);
  }

  #fail(error: Error): void {
    this.#close.reject(error);
    void this.drain().catch(() => {}); // the first error is the one that is told
  }
}

// The parts of a responder, each with what it needs of the others: who pulls, whose turn it is, who works, who answers.

interface CrewOrders {
  /** A message was delivered. */
  take(msg: Msg): void;
  /** The responder cannot go on. */
  fail(error: Error): void;
  /** The connection is closed, for good. */
  closed(): void;
}

class Crew {
  readonly pull: Pull;
  readonly turns: Turns;
  readonly acks: Acks;
  readonly #nc: NatsConnection;
  readonly #options: ResponderOptions;
  readonly #fail: (error: Error) => void;
  readonly #closed: () => void;
  readonly #consumer: string;
  readonly #prefetch: number;
  /** Only where somebody observes. */
  readonly #coreReplies: CoreReplies | undefined;
  readonly #sender: ReplySender;
  readonly #requireAddress: RequireAddress;
  readonly #cancels: Cancels;
  readonly #kitchen: Kitchen;
  #rescue!: Rescue;
  #stopWatching = () => {};

  /** @throws InvalidInputError when an option is out of its range. */
  constructor(nc: NatsConnection, options: ResponderOptions, { take, fail, closed }: CrewOrders) {
    this.#nc = nc;
    this.#options = options;
    this.#fail = fail;
    this.#closed = closed;
    this.#consumer = options.consumer ?? responderConsumer;
    const { concurrency, prefetch } = requireCounts(options);
    requireAckDelay(options.ackDelayMs);
    this.#prefetch = prefetch;
    this.#coreReplies = options.observe && new CoreReplies();
    this.#sender = new ReplySender(nc, options.inboxPrefix, this.#coreReplies);
    this.#requireAddress = replyAddresses(options.replyAddresses);
    this.#cancels = new Cancels(nc);
    this.acks = new Acks(nc, options.observe, fail);
    this.#kitchen = this.#openKitchen();
    const room = new Room(prefetch, concurrency);
    this.turns = new Turns(nc, this.#kitchen, {
      room,
      concurrency: prefetch > concurrency ? concurrency : undefined,
      finished: () => this.pull.finished(),
      onFatal: fail,
    });
    this.pull = new Pull(nc, {
      stream: requestStream,
      consumer: this.#consumer,
      prefetch,
      ...(prefetch > concurrency ? { most: () => room.most } : {}),
      ...(options.inboxPrefix ? { inboxPrefix: options.inboxPrefix } : {}),
      onMessage: take,
      lookAgain: () => this.requireSetup(),
      onFatal: fail,
    });
  }

  /** @throws NotSetUpError when a stream or the consumer is missing, and the other errors of the server. */
  requireSetup(): Promise<Consumer> {
    return requireSetup(this.#nc, this.#consumer);
  }

  start(consumer: Consumer): void {
    const { ackWaitMs, maxDeliver } = consumer;
    this.acks.start(this.#options.ackDelayMs, { ...consumer, prefetch: this.#prefetch });
    this.turns.start(ackWaitMs);
    this.#kitchen.lastAttempt = lastAttempt(maxDeliver, this.#options.maxAttempts);
    this.#sender.start(this.#fail);
    this.#rescue = new Rescue(this.#nc, {
      ...{ stream: requestStream, consumer: this.#consumer },
      ...{ ackWaitMs, maxDeliver, sender: this.#sender, requireAddress: this.#requireAddress },
      ...(this.#options.observe ? { observe: this.#options.observe } : {}),
    });
    this.#rescue.start();
    this.#cancels.start();
    this.#stopWatching = watchConnection(this.#nc, {
      refused: (subject, error) => {
        // Without the permission to store replies or to acknowledge, every request would come again and again.
        if (this.#sender.refuse(subject, error) || subject.startsWith("$JS.ACK.")) this.#fail(error);
        else this.#notReplied(subject, error);
      },
      closed: this.#closed,
    });
    this.pull.start();
  }

  /** What is in hand goes back to the queue, and its handlers are told: the ids of its requests. */
  giveUp(reason: string): string[] {
    const left = this.turns.giveUp(reason);
    this.#cancels.giveUp();
    return left;
  }

  /** `heard`: whether the server answered when it was last spoken to. */
  async stop(heard: boolean): Promise<void> {
    if (!this.#nc.isClosed()) this.acks.flush();
    await inTime(this.#rescue.stop());
    this.#sender.stop();
    this.#cancels.stop();
    this.#stopWatching();
    if (heard && !this.#nc.isClosed()) await inTime(this.#nc.flush());
  }

  #openKitchen(): Kitchen {
    const { menu, unmatched, retry, observe } = this.#options;
    return new Kitchen(this.#nc, this.#sender, {
      acks: this.acks,
      cancels: this.#cancels,
      requireAddress: this.#requireAddress,
      menu: menu ?? defaultMenu,
      unmatched: unmatched ?? "tell",
      backoff: backoff(retry),
      ...(observe ? { observe } : {}),
    });
  }

  /** Told after `replied`: a core reply is sent and let go, and the server's refusal comes later. */
  #notReplied(subject: string, { message }: Error): void {
    const request = this.#coreReplies?.refused(subject);
    if (request === undefined) return;
    try {
      this.#options.observe?.({ type: "reply-refused", request, reason: `not replied: ${message}` });
    } catch (error) {
      this.#fail(error as Error);
    }
  }
}

// A responder that stops for good: it gives back what it has not begun, and finishes the rest, within a limit where there is one.

export interface DrainOptions {
  /**
   * Milliseconds until what is still at work is given up: its handler's `signal` fires, what it answers is not used, and its
   * request is given back, to be delivered again at once. Default: no limit.
   */
  timeoutMs?: number;
}

export interface Drained {
  /** Ids of the requests that were given up: somebody else gets them, or a dead letter is made of what has no further attempt. */
  left: readonly string[];
}

interface DrainingParts {
  /** Whether the server has heard that nobody pulls here. */
  stopPulling(): Promise<boolean>;
  /** Gives back what was delivered and is not begun. */
  giveBackWaiting(): void;
  /** Resolves as soon as nothing is being handled. */
  finish(): Promise<void>;
  /** Gives back what is in hand all the same, and returns the ids of its requests. */
  giveUp(reason: string): string[];
  /** Whether there is no other delivery after this one. */
  isLast(msg: Msg): boolean;
  /** Lets everything else go. */
  leave(heard: boolean): Promise<void>;
  drained(): void;
  observe: Observe<ResponderEvent> | undefined;
}

export class Draining {
  readonly #parts: DrainingParts;
  readonly #limit = new TimeLimit();
  #state: "draining" | "drained" | undefined;
  #whole: Promise<Drained> | undefined;
  /** Nothing is begun any more: all that was is finished, or given up. */
  #over = false;

  constructor(parts: DrainingParts) {
    this.#parts = parts;
  }

  /** Undefined before it is drained. */
  get state(): "draining" | "drained" | undefined {
    return this.#state;
  }

  /** All of it, once it has begun. */
  get whole(): Promise<Drained> | undefined {
    return this.#whole;
  }

  /** Once, with the earliest of the limits. @throws InvalidInputError when `timeoutMs` is out of its range. */
  begin({ timeoutMs }: DrainOptions): Promise<Drained> {
    if (timeoutMs !== undefined) this.#limit.within(requireTimeout(timeoutMs));
    this.#whole ??= this.#drain();
    return this.#whole;
  }

  /**
   * Whether to give this one back rather than begin it: what has no further delivery is finished here, as long as anything
   * is. After that (a server that was frozen meanwhile may deliver late) no reply would be known to be stored.
   */
  leaves(msg: Msg): boolean {
    return this.#state !== undefined && (this.#over || !this.#parts.isLast(msg));
  }

  async #drain(): Promise<Drained> {
    this.#state = "draining";
    // First of all the server learns that nobody listens here: what is given back must not come back.
    const heard = await this.#parts.stopPulling();
    this.#parts.giveBackWaiting();
    const left = await this.#finishInTime();
    this.#limit.clear();
    await this.#parts.leave(heard);
    this.#state = "drained";
    this.#parts.drained();
    this.#parts.observe?.({ type: "drained" });
    return { left };
  }

  async #finishInTime(): Promise<string[]> {
    const done = this.#parts.finish().then(() => true);
    const inTime = await Promise.race([done, this.#limit.over.then(() => false)]);
    this.#over = true;
    if (inTime) return [];
    return this.#parts.giveUp("still at work when the time to drain was over");
  }
}

// A responder that rests for a while: it asks for nothing more, finishes what it has begun, and goes on when it is told to.

/** `pausing`: nothing more is asked for, and what was begun is being finished. */
type Pulling = "running" | "pausing" | "paused";

interface PausingParts {
  /** Resolves once the server knows that nobody pulls here, or does not answer. */
  stopPulling(): Promise<unknown>;
  pullAgain(): void;
  /** Gives back what was delivered and is not begun. */
  giveBackWaiting(): void;
  /** Resolves as soon as nothing is being handled. */
  atRest(): Promise<void>;
  /** Whether there is no other delivery after this one. */
  isLast(msg: Msg): boolean;
  observe: Observe<ResponderEvent> | undefined;
}

class Pausing {
  readonly #parts: PausingParts;
  #state: Pulling = "running";
  #pause: Promise<void> | undefined;
  #ended = () => {};

  constructor(parts: PausingParts) {
    this.#parts = parts;
  }

  get state(): Pulling {
    return this.#state;
  }

  /** Resolves when nothing is in hand any more, or when `resume` or `end` was faster. */
  pause(): Promise<void> {
    this.#pause ??= this.#begin();
    return this.#pause;
  }

  resume(): void {
    if (this.#state === "running") return;
    this.#state = "running";
    this.#pause = undefined;
    this.#ended();
    this.#parts.pullAgain();
    this.#parts.observe?.({ type: "resumed" });
  }

  /** For good, by a drain: a pause that is under way is over, and never told. What is in hand is the drain's to wait for. */
  end(): void {
    this.#ended();
  }

  /**
   * Whether to give this one back rather than begin it: a delivery that is given back counts as an attempt, so what has
   * no further one is finished here.
   */
  leaves(msg: Msg): boolean {
    return this.#state !== "running" && !this.#parts.isLast(msg);
  }

  async #begin(): Promise<void> {
    this.#state = "pausing";
    let faster = false;
    const ended = new Promise<void>((resolve) => {
      this.#ended = () => {
        faster = true;
        resolve();
      };
    });
    // First the server learns that nobody pulls here: what is given back must not come back.
    await Promise.race([this.#parts.stopPulling(), ended]);
    if (faster) return;
    this.#parts.giveBackWaiting();
    await Promise.race([this.#parts.atRest(), ended]);
    if (faster) return;
    this.#state = "paused";
    this.#parts.observe?.({ type: "paused" });
  }
}

// A moment after which something is not waited for any more. It can be moved forward, never back.

/** @throws InvalidInputError when it is out of its range. */
function requireTimeout(ms: number): number {
  if (ms >= 0 && ms <= longestTimerMs) return ms;
  throw new InvalidInputError(`Expected timeoutMs to be 0 to ${longestTimerMs} milliseconds, got ${ms}.`);
}

class TimeLimit {
  /** Resolves at the limit; never without one. */
  readonly over: Promise<void>;
  #end!: () => void;
  #at = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    this.over = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** In so many milliseconds, unless it is over before that anyway. */
  within(ms: number): void {
    const at = performance.now() + ms;
    if (at >= this.#at) return;
    this.#at = at;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#end, ms);
  }

  /** Nothing is waited for any more: no limit that is set from now on starts a timer. */
  clear(): void {
    this.#at = Number.NEGATIVE_INFINITY;
    clearTimeout(this.#timer);
  }
}

// What a responder needs of the server: the consumer, and the stream for its replies.

interface Consumer {
  ackWaitMs: number;
  /** Deliveries per request; -1 for no limit. */
  maxDeliver: number;
  /** Deliveries not yet acknowledged, all responders together; -1 for no limit. */
  maxAckPending: number;
}

/**
 * Looked at before the first pull, so that what is missing is named rather than met as silence.
 * DEAD_LETTERS is not: without it a request is given back where it would have become a dead letter.
 */
async function requireSetup(nc: NatsConnection, consumer: string): Promise<Consumer> {
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  const look = <T>(what: string, question: Promise<T>) =>
    question.catch((error) => {
      throw fromClientError(what, error);
    });
  const [{ config }] = await Promise.all([
    look(`consumer ${consumer} on ${requestStream}`, jsm.consumers.info(requestStream, consumer)),
    look(`stream ${replyStream}`, jsm.streams.info(replyStream)),
  ]);
  return {
    ackWaitMs: (config.ack_wait ?? 30e9) / 1e6,
    maxDeliver: config.max_deliver ?? -1,
    maxAckPending: config.max_ack_pending ?? -1,
  };
}
