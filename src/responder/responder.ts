// Answers requests from the queue: handle, store the reply, and only then let the request go.
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import type { Msg, NatsConnection } from "@nats-io/nats-core";
import PQueue from "p-queue";
import { watchConnection } from "../connection/watch.js";
import type { Observe, ResponderEvent } from "../history/event.js";
import { InvalidInput, type KitError } from "../protocol/errors.js";
import { isMailbox, replyStream, requestStream, requireName, responderConsumer } from "../protocol/names.js";
import { fromClientError } from "../protocol/server-error.js";
import { Kitchen } from "./kitchen.js";
import { defaultMenu, type Menu } from "./menu.js";
import { Pull } from "./pull.js";
import { ReplySender } from "./reply-sender.js";

export interface ResponderOptions {
  /** For events and logs. Responders that share the consumer share its work. */
  name: string;
  menu?: Menu;
  /** An order that is not on the menu is terminated; `tell` (default) also stores a `rejected` reply. */
  unmatched?: "tell" | "silent";
  /** Handlers at work at the same time. Default 16. */
  concurrency?: number;
  /** The durable consumer. Default `responder`. */
  consumer?: string;
  /** First token of the responder's own inboxes, where the account allows only some. Default `_INBOX`. */
  inboxPrefix?: string;
  observe?: Observe<ResponderEvent>;
}

export class Responder implements AsyncDisposable {
  readonly name: string;
  /** Resolves when drained; rejects when the responder cannot go on (consumer gone, no permission). */
  readonly closed: Promise<void>;
  readonly #nc: NatsConnection;
  readonly #options: ResponderOptions;
  readonly #queue: PQueue;
  readonly #pull: Pull;
  readonly #sender: ReplySender;
  readonly #kitchen: Kitchen;
  #stopWatching = () => {};
  #draining: Promise<void> | undefined;
  #close!: { resolve(): void; reject(error: Error): void };

  private constructor(nc: NatsConnection, options: ResponderOptions) {
    this.name = requireName("the responder's name", options.name);
    this.#nc = nc;
    this.#options = options;
    const concurrency = requireConcurrency(options.concurrency ?? 16);
    this.closed = new Promise((resolve, reject) => {
      this.#close = { resolve, reject };
    });
    this.closed.catch(() => {}); // whoever wants to know awaits it; nobody has to
    this.#queue = new PQueue({ concurrency });
    this.#sender = new ReplySender(nc, options.inboxPrefix);
    this.#kitchen = new Kitchen(nc, this.#sender, {
      menu: options.menu ?? defaultMenu,
      unmatched: options.unmatched ?? "tell",
      ...(options.observe ? { observe: options.observe } : {}),
    });
    this.#pull = new Pull(nc, {
      stream: requestStream,
      consumer: options.consumer ?? responderConsumer,
      prefetch: concurrency * 2,
      ...(options.inboxPrefix ? { inboxPrefix: options.inboxPrefix } : {}),
      onMessage: (msg) => this.#take(msg),
      onFatal: (error) => this.#fail(error),
    });
  }

  /**
   * Starts to pull. The connection stays the caller's.
   * @throws NotSetUp when a stream or the consumer is missing, and the other errors of the server.
   */
  static async start(nc: NatsConnection, options: ResponderOptions): Promise<Responder> {
    const responder = new Responder(nc, options);
    await requireSetup(nc, options.consumer ?? responderConsumer);
    responder.#start();
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

  #start(): void {
    this.#sender.start();
    this.#stopWatching = watchConnection(this.#nc, {
      refused: (subject, error) => {
        this.#sender.refuse(subject, error);
        if (isMailbox(subject)) this.#fail(error);
      },
    });
    this.#pull.start();
  }

  #take(msg: Msg): void {
    if (this.#draining) {
      this.#kitchen.giveBack(msg, "draining");
      return;
    }
    void this.#queue.add(() => this.#handle(msg));
  }

  async #handle(msg: Msg): Promise<void> {
    if (this.#draining) this.#kitchen.giveBack(msg, "draining");
    else await this.#kitchen.handle(msg);
    this.#pull.finished();
  }

  async #drain(): Promise<void> {
    await this.#pull.stop();
    await this.#queue.onIdle();
    this.#sender.stop();
    this.#stopWatching();
    if (!this.#nc.isClosed()) await this.#nc.flush();
    this.#options.observe?.({ type: "drained" });
    this.#close.resolve();
  }

  #fail(error: KitError): void {
    this.#close.reject(error);
    void this.drain().catch(() => {}); // the first error is the one that is told
  }
}

/** Looked at before the first pull, so that what is missing is named rather than met as silence. */
async function requireSetup(nc: NatsConnection, consumer: string): Promise<void> {
  const jsm: JetStreamManager = await jetstreamManager(nc, { checkAPI: false });
  const look = async (what: string, question: Promise<unknown>) => {
    await question.catch((error) => {
      throw fromClientError(what, error);
    });
  };
  await Promise.all([
    look(`consumer ${consumer} on ${requestStream}`, jsm.consumers.info(requestStream, consumer)),
    look(`stream ${replyStream}`, jsm.streams.info(replyStream)),
  ]);
}

function requireConcurrency(n: number): number {
  if (Number.isInteger(n) && n >= 1 && n <= 10_000) return n;
  throw new InvalidInput(`Expected the concurrency to be a whole number from 1 to 10000, got ${n}.`);
}
