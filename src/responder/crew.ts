// The parts of a responder, each with what it needs of the others: who pulls, whose turn it is, who works, who answers.
import type { Msg, NatsConnection } from "@nats-io/nats-core";
import { watchConnection } from "../connection/watch.js";
import { requestStream, responderConsumer } from "../protocol/names.js";
import { type RequireAddress, replyAddresses } from "../protocol/reply-addresses.js";
import { Acks } from "./acks.js";
import { Cancels } from "./cancels.js";
import { CoreReplies } from "./core-replies.js";
import { inTime } from "./in-time.js";
import { Kitchen } from "./kitchen.js";
import { lastAttempt } from "./last-attempt.js";
import { defaultMenu } from "./menu.js";
import { type ResponderOptions, requireAckDelay, requireCounts } from "./options.js";
import { Pull } from "./pull.js";
import { ReplySender } from "./reply-sender.js";
import { type Consumer, requireSetup } from "./require-setup.js";
import { Rescue } from "./rescue.js";
import { backoff } from "./retry.js";
import { Room } from "./room.js";
import { Turns } from "./turns.js";

export interface CrewOrders {
  /** A message was delivered. */
  take(msg: Msg): void;
  /** The responder cannot go on. */
  fail(error: Error): void;
  /** The connection is closed, for good. */
  closed(): void;
}

export class Crew {
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

  /** @throws InvalidInput when an option is out of its range. */
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

  /** @throws NotSetUp when a stream or the consumer is missing, and the other errors of the server. */
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
