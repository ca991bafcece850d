// Answers requests from the queue: handle, store the reply, and only then let the request go.
import type { Msg, NatsConnection } from "@nats-io/nats-core";
import { watchConnection } from "../connection/watch.js";
import { Closed } from "../protocol/errors.js";
import { requestStream, requireName, responderConsumer } from "../protocol/names.js";
import { type RequireAddress, replyAddresses } from "../protocol/reply-addresses.js";
import { Acks } from "./acks.js";
import { Cancels } from "./cancels.js";
import { CoreReplies } from "./core-replies.js";
import { inTime } from "./in-time.js";
import { Kitchen } from "./kitchen.js";
import { lastAttempt } from "./last-attempt.js";
import { defaultMenu } from "./menu.js";
import { type ResponderOptions, requireAckDelay, requireCounts } from "./options.js";
import { Pausing, type Pulling } from "./pausing.js";
import { Pull } from "./pull.js";
import { ReplySender } from "./reply-sender.js";
import { type Consumer, requireSetup } from "./require-setup.js";
import { Rescue } from "./rescue.js";
import { backoff } from "./retry.js";
import { Room } from "./room.js";
import { Turns } from "./turns.js";

export type { ResponderOptions } from "./options.js";

/** What a responder is at: `draining` and `drained` are for good, `paused` until it is resumed. */
export type ResponderState = Pulling | "draining" | "drained";

export class Responder implements AsyncDisposable {
  readonly name: string;
  /** Resolves when drained; rejects when the responder cannot go on (consumer gone, no permission). */
  readonly closed: Promise<void>;
  readonly #nc: NatsConnection;
  readonly #options: ResponderOptions;
  readonly #consumer: string;
  readonly #pull: Pull;
  readonly #sender: ReplySender;
  /** Only where somebody observes. */
  readonly #coreReplies: CoreReplies | undefined;
  readonly #requireAddress: RequireAddress;
  readonly #cancels: Cancels;
  readonly #acks: Acks;
  readonly #kitchen: Kitchen;
  readonly #turns: Turns;
  readonly #pausing: Pausing;
  #rescue!: Rescue;
  #stopWatching = () => {};
  #draining: Promise<void> | undefined;
  #drained = false;
  #close!: { resolve(): void; reject(error: Error): void };

  private constructor(nc: NatsConnection, options: ResponderOptions) {
    this.name = requireName("the responder's name", options.name);
    this.#nc = nc;
    this.#options = options;
    this.#consumer = options.consumer ?? responderConsumer;
    const { concurrency, prefetch } = requireCounts(options);
    requireAckDelay(options.ackDelayMs);
    this.closed = new Promise((resolve, reject) => {
      this.#close = { resolve, reject };
    });
    this.closed.catch(() => {}); // whoever wants to know awaits it; nobody has to
    this.#coreReplies = options.observe && new CoreReplies();
    this.#sender = new ReplySender(nc, options.inboxPrefix, this.#coreReplies);
    this.#requireAddress = replyAddresses(options.replyAddresses);
    this.#cancels = new Cancels(nc);
    this.#acks = new Acks(nc, options.observe, (error) => this.#fail(error));
    this.#kitchen = new Kitchen(nc, this.#sender, {
      acks: this.#acks,
      cancels: this.#cancels,
      requireAddress: this.#requireAddress,
      menu: options.menu ?? defaultMenu,
      unmatched: options.unmatched ?? "tell",
      backoff: backoff(options.retry),
      ...(options.observe ? { observe: options.observe } : {}),
    });
    const onFatal = (error: Error) => this.#fail(error);
    const room = new Room(prefetch, concurrency);
    this.#turns = new Turns(nc, this.#kitchen, {
      room,
      concurrency: prefetch > concurrency ? concurrency : undefined,
      finished: () => this.#pull.finished(),
      onFatal,
    });
    this.#pull = new Pull(nc, {
      stream: requestStream,
      consumer: this.#consumer,
      prefetch,
      ...(prefetch > concurrency ? { most: () => room.most } : {}),
      ...(options.inboxPrefix ? { inboxPrefix: options.inboxPrefix } : {}),
      onMessage: (msg) => this.#take(msg),
      lookAgain: () => requireSetup(nc, this.#consumer),
      onFatal,
    });
    this.#pausing = new Pausing({
      stopPulling: () => inTime(this.#pull.pause()),
      pullAgain: () => this.#pull.resume(),
      giveBackWaiting: () => this.#turns.giveBackWaiting("pausing"),
      atRest: () => this.#turns.atRest().then(() => this.#acks.flush()),
      isLast: (msg) => this.#turns.isLast(msg),
      observe: options.observe,
    });
  }

  /**
   * Starts to pull. The connection stays the caller's.
   * @throws NotSetUp when a stream or the consumer is missing, and the other errors of the server.
   */
  static async start(nc: NatsConnection, options: ResponderOptions): Promise<Responder> {
    const responder = new Responder(nc, options);
    responder.#start(await requireSetup(nc, responder.#consumer));
    return responder;
  }

  get state(): ResponderState {
    if (this.#draining) return this.#drained ? "drained" : "draining";
    return this.#pausing.state;
  }

  /**
   * Asks for no more requests until `resume`. Resolves when nothing is in hand: what was begun is finished, what was
   * delivered and not begun is given back for other responders (one that has no further attempt is finished here, too).
   * A responder that is drained stays so. Twice is once; `resume` ends it also while it is under way, and so does `drain`, or
   * a connection that closes: then it resolves when that is done.
   */
  async pause(): Promise<void> {
    if (!this.#draining) await this.#pausing.pause();
    await this.#draining;
  }

  /** Takes requests again. @throws Closed when it is drained, or on its way to be. */
  resume(): void {
    if (this.#draining) throw new Closed(`Responder ${this.name} is drained; start another one.`);
    this.#pausing.resume();
  }

  /** Finishes what it has begun, acknowledges it, gives the rest back, and stops. The connection stays open. */
  drain(): Promise<void> {
    this.#draining ??= this.#drain();
    return this.#draining;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.drain();
  }

  #start(consumer: Consumer): void {
    const { ackWaitMs, maxDeliver } = consumer;
    const { prefetch } = requireCounts(this.#options);
    this.#acks.start(this.#options.ackDelayMs, { ...consumer, prefetch });
    this.#turns.start(ackWaitMs);
    this.#kitchen.lastAttempt = lastAttempt(maxDeliver, this.#options.maxAttempts);
    this.#sender.start((error) => this.#fail(error));
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
    });
    void this.#nc.closed().then(() => {
      if (!this.#draining) this.#fail(new Closed(`The connection of responder ${this.name} was closed.`));
    });
    this.#pull.start();
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

  #take(msg: Msg): void {
    if (this.#draining && !this.#turns.isLast(msg)) this.#turns.giveBack(msg, "draining");
    else if (this.#pausing.leaves(msg)) this.#turns.giveBack(msg, "pausing");
    else this.#turns.take(msg);
  }

  async #drain(): Promise<void> {
    this.#pausing.end();
    // First of all the server learns that nobody listens here: what is given back must not come back.
    const heard = await inTime(this.#pull.stop());
    this.#turns.giveBackWaiting("draining");
    await this.#turns.finish();
    if (!this.#nc.isClosed()) this.#acks.flush();
    await inTime(this.#rescue.stop());
    this.#sender.stop();
    this.#cancels.stop();
    this.#stopWatching();
    if (heard && !this.#nc.isClosed()) await inTime(this.#nc.flush());
    this.#drained = true;
    this.#close.resolve();
    this.#options.observe?.({ type: "drained" });
  }

  #fail(error: Error): void {
    this.#close.reject(error);
    void this.drain().catch(() => {}); // the first error is the one that is told
  }
}
