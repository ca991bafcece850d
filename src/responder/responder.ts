// Answers requests from the queue: handle, store the reply, and only then let the request go.
import type { Msg, NatsConnection } from "@nats-io/nats-core";
import PQueue from "p-queue";
import { watchConnection } from "../connection/watch.js";
import { Closed } from "../protocol/errors.js";
import { requestStream, requireName, responderConsumer } from "../protocol/names.js";
import { AtWork } from "./at-work.js";
import { Cancels } from "./cancels.js";
import { stillAtIt } from "./delivery.js";
import { KeepAlive } from "./keep-alive.js";
import { Kitchen } from "./kitchen.js";
import { lastAttempt } from "./last-attempt.js";
import { defaultMenu } from "./menu.js";
import { type ResponderOptions, requireCount } from "./options.js";
import { Pull } from "./pull.js";
import { ReplySender } from "./reply-sender.js";
import { type Consumer, requireSetup } from "./require-setup.js";
import { Rescue } from "./rescue.js";
import { backoff } from "./retry.js";

export type { ResponderOptions } from "./options.js";

export class Responder implements AsyncDisposable {
  readonly name: string;
  /** Resolves when drained; rejects when the responder cannot go on (consumer gone, no permission). */
  readonly closed: Promise<void>;
  readonly #nc: NatsConnection;
  readonly #options: ResponderOptions;
  /** Only where more is in hand than may be at work: otherwise the pull itself is the bound. */
  readonly #queue: PQueue | undefined;
  readonly #atWork = new AtWork();
  readonly #pull: Pull;
  readonly #sender: ReplySender;
  readonly #cancels: Cancels;
  readonly #kitchen: Kitchen;
  /** Delivered, not begun yet: when each arrived. */
  readonly #waiting = new Map<Msg, number>();
  #ackWaitMs = Number.POSITIVE_INFINITY;
  #keepAlive!: KeepAlive;
  #rescue!: Rescue;
  #stopWatching = () => {};
  #draining: Promise<void> | undefined;
  #close!: { resolve(): void; reject(error: Error): void };

  private constructor(nc: NatsConnection, options: ResponderOptions) {
    this.name = requireName("the responder's name", options.name);
    this.#nc = nc;
    this.#options = options;
    const concurrency = requireCount("concurrency", options.concurrency ?? 16, 1, 10_000);
    const prefetch = requireCount("prefetch", options.prefetch ?? concurrency, concurrency, 20_000);
    if (options.maxAttempts !== undefined) requireCount("maxAttempts", options.maxAttempts, 1, 1_000_000);
    this.closed = new Promise((resolve, reject) => {
      this.#close = { resolve, reject };
    });
    this.closed.catch(() => {}); // whoever wants to know awaits it; nobody has to
    this.#queue = prefetch > concurrency ? new PQueue({ concurrency }) : undefined;
    this.#sender = new ReplySender(nc, options.inboxPrefix);
    this.#cancels = new Cancels(nc);
    this.#kitchen = new Kitchen(nc, this.#sender, {
      cancels: this.#cancels,
      menu: options.menu ?? defaultMenu,
      unmatched: options.unmatched ?? "tell",
      backoff: backoff(options.retry),
      ...(options.observe ? { observe: options.observe } : {}),
    });
    this.#pull = new Pull(nc, {
      stream: requestStream,
      consumer: options.consumer ?? responderConsumer,
      prefetch,
      ...(options.inboxPrefix ? { inboxPrefix: options.inboxPrefix } : {}),
      onMessage: (msg) => this.#take(msg),
      lookAgain: () => requireSetup(nc, options.consumer ?? responderConsumer),
      onFatal: (error) => this.#fail(error),
    });
  }

  /**
   * Starts to pull. The connection stays the caller's.
   * @throws NotSetUp when a stream or the consumer is missing, and the other errors of the server.
   */
  static async start(nc: NatsConnection, options: ResponderOptions): Promise<Responder> {
    const responder = new Responder(nc, options);
    responder.#start(await requireSetup(nc, options.consumer ?? responderConsumer));
    return responder;
  }

  /** Finishes what it has begun, acknowledges it, gives the rest back, and stops. The connection stays open. */
  drain(): Promise<void> {
    this.#draining ??= this.#drain();
    return this.#draining;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.drain();
  }

  #start({ ackWaitMs, maxDeliver }: Consumer): void {
    this.#ackWaitMs = ackWaitMs;
    this.#keepAlive = new KeepAlive(this.#nc, ackWaitMs);
    this.#kitchen.lastAttempt = lastAttempt(maxDeliver, this.#options.maxAttempts);
    this.#sender.start((error) => this.#fail(error));
    this.#rescue = new Rescue(this.#nc, {
      ...{ stream: requestStream, consumer: this.#options.consumer ?? responderConsumer },
      ...{ ackWaitMs, maxDeliver, sender: this.#sender },
      ...(this.#options.observe ? { observe: this.#options.observe } : {}),
    });
    this.#rescue.start();
    this.#cancels.start();
    this.#stopWatching = watchConnection(this.#nc, {
      refused: (subject, error) => {
        // Without the permission to store replies or to acknowledge, every request would come again and again.
        if (this.#sender.refuse(subject, error) || subject.startsWith("$JS.ACK.")) this.#fail(error);
      },
    });
    void this.#nc.closed().then(() => {
      if (!this.#draining) this.#fail(new Closed(`The connection of responder ${this.name} was closed.`));
    });
    this.#pull.start();
  }

  #take(msg: Msg): void {
    if (this.#draining) {
      this.#giveBack(msg);
      return;
    }
    if (!this.#queue) {
      void this.#handle(msg);
      return;
    }
    this.#waiting.set(msg, performance.now());
    void this.#queue.add(() => this.#begin(msg));
  }

  async #begin(msg: Msg): Promise<void> {
    const since = this.#waiting.get(msg);
    if (since === undefined) return; // given back while it waited
    this.#waiting.delete(msg);
    await this.#handle(msg, performance.now() - since);
  }

  async #handle(msg: Msg, waitedMs = 0): Promise<void> {
    this.#atWork.begin();
    try {
      if (this.#stillOurs(msg, waitedMs)) {
        this.#keepAlive.begin(msg);
        await this.#kitchen.handle(msg);
      }
    } catch (error) {
      this.#fail(error as Error); // an observer threw, or the connection is closed
    } finally {
      this.#keepAlive.end(msg);
      this.#pull.finished();
      this.#atWork.end();
    }
  }

  /**
   * What waited behind slow handlers gets its whole `ack_wait` for its own; past that it is someone else's. The server
   * counts from when it sent the message, which was a little before it arrived here.
   */
  #stillOurs(msg: Msg, waitedMs: number): boolean {
    if (waitedMs >= 0.9 * this.#ackWaitMs) {
      this.#kitchen.forget(msg, `waited ${Math.round(waitedMs)} ms, too long for ack_wait`);
      return false;
    }
    if (waitedMs > this.#ackWaitMs / 4) stillAtIt(this.#nc, msg);
    return true;
  }

  #giveBack(msg: Msg): void {
    try {
      this.#kitchen.giveBack(msg, "draining");
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  async #drain(): Promise<void> {
    // First of all the server learns that nobody listens here: what is given back must not come back.
    const heard = await inTime(this.#pull.stop());
    for (const msg of this.#waiting.keys()) this.#giveBack(msg);
    this.#waiting.clear();
    await this.#atWork.none();
    this.#keepAlive.stop();
    await inTime(this.#rescue.stop());
    this.#sender.stop();
    this.#cancels.stop();
    this.#stopWatching();
    if (heard && !this.#nc.isClosed()) await inTime(this.#nc.flush());
    this.#close.resolve();
    this.#options.observe?.({ type: "drained" });
  }

  #fail(error: Error): void {
    this.#close.reject(error);
    void this.drain().catch(() => {}); // the first error is the one that is told
  }
}

/**
 * Whether the server answered. One that is frozen or gone cannot be waited for: what it did not hear comes again
 * after `ack_wait`.
 */
async function inTime(answer: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), 3_000);
  });
  const answered = answer.then(
    () => true,
    () => false,
  );
  return Promise.race([answered, late]).finally(() => clearTimeout(timer));
}
