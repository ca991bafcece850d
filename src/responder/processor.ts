// Processor: takes one delivery to its result. It checks whether the request is over already, and runs its handler.
import type { StoredMsg } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { oftenText } from "../common/plural.js";
import { wait } from "../common/wait.js";
import { KitError } from "../protocol/errors.js";
import type { Observe, ResponderEvent } from "../protocol/events.js";
import type { QueueNames, RequireAddress } from "../protocol/subjects.js";
import type { ResponderTelemetry } from "../protocol/telemetry.js";
import { Attempts, unmatchedDelay } from "./attempts.js";
import type { Cancellations } from "./cancellations.js";
import type { Delivery } from "./delivery.js";
import type { HandlerTable } from "./handlers.js";
import type { ConsumerLimits } from "./options.js";
import { findReply, type ReplyPublisher } from "./reply-publisher.js";
import { type Result, runHandler } from "./run-handler.js";
import type { Service } from "./service.js";
import type { Settlement } from "./settlement.js";

interface ProcessorOptions {
  names: QueueNames;
  handlers: HandlerTable;
  /** Not if several kinds of responder share the consumer (`limits.shared`). */
  unmatched: "reject" | "silent";
  limits: ConsumerLimits;
  requireAddress: RequireAddress;
  cancellations: Cancellations;
  replies: ReplyPublisher;
  settlement: Settlement;
  /** Whether a handler may wait until its part can be stored. */
  isRunning(): boolean;
  observe?: Observe<ResponderEvent> | undefined;
  telemetry?: ResponderTelemetry | undefined;
  service?: Service | undefined;
}

/** Milliseconds between two looks into a mailbox: at first, and at most. */
const lookPauseMs = { first: 250, longest: 5_000 };

/** Milliseconds after which an empty mailbox is read once more: this process may have been held up, and another responder may have answered. */
const lookIsStaleMs = 250;

/**
 * - No reply address, or a forbidden one, or headers that cannot be parsed → the settlement terminates the request.
 * - A redelivery → the mailbox is read first. A stored reply ends the request without its handler. So does a delivery
 *   beyond the last attempt: it becomes a dead letter.
 * - Cancelled, or its deadline has passed → a reply with that status; its handler is not run.
 * - No handler → a `rejected` reply, or none if `unmatched` is `silent`. If several kinds of responder share the consumer, the request
 *   is NAKed for one of another kind.
 * - Otherwise its handler runs, and the settlement ends the request by the result.
 */
export class Processor {
  readonly #nc: NatsConnection;
  readonly #options: ProcessorOptions;
  #attempts: Attempts | undefined;

  constructor(nc: NatsConnection, options: ProcessorOptions) {
    this.#nc = nc;
    this.#options = options;
  }

  /**
   * Resolves when the handler is done; the delivery may be settled later, by its PubAck. No promise if the handler returns at
   * once.
   */
  process(delivery: Delivery): void | Promise<void> {
    const { observe, settlement } = this.#options;
    this.#options.telemetry?.delivered(delivery);
    if (observe) {
      const { id: request, fullSubject: subject, sequence, deliveryCount } = delivery;
      observe({ type: "delivered", request, subject, sequence, delivery: deliveryCount });
    }
    const reason = this.#whyNoReply(delivery);
    if (reason) return settlement.terminate(delivery, reason);
    if (this.#options.limits.shared && !this.#options.handlers.find(delivery.subject)) {
      return this.#returnUnmatched(delivery);
    }
    if (delivery.deliveryCount > 1 || delivery.repeated) return this.#processRedelivery(delivery);
    return this.#handle(delivery);
  }

  async #processRedelivery(delivery: Delivery): Promise<void> {
    const { settlement, limits } = this.#options;
    const stored = await this.#findStored(delivery);
    if (stored === "unknown")
      return settlement.returnUnstarted(delivery, "the server does not say whether it is answered");
    if (stored) return settlement.alreadyAnswered(delivery, stored);
    if (delivery.wasAcked) return settlement.ackAgain(delivery);
    const attempts = this.#countedAttempts;
    if (attempts) {
      const before = await attempts.before(delivery).catch(() => undefined);
      if (before === undefined) return settlement.returnUnstarted(delivery, "the server does not say its attempts");
      delivery.unattempted = delivery.deliveryCount - 1 - before;
    }
    const earlier = delivery.attempt - 1;
    if (earlier >= limits.lastAttempt) {
      return settlement.deadLetter(delivery, `delivered ${oftenText(earlier)}, and no attempt came to an end`);
    }
    if (attempts && !delivery.abandoned) await attempts.store(delivery, delivery.attempt);
    if (!delivery.abandoned) return this.#handle(delivery);
  }

  /** Undefined where the delivery count is the count of attempts, or where no limit asks for it. */
  get #countedAttempts(): Attempts | undefined {
    const { names, limits } = this.#options;
    if (!limits.shared || limits.lastAttempt === Number.POSITIVE_INFINITY) return undefined;
    this.#attempts ??= new Attempts(this.#nc, names);
    return this.#attempts;
  }

  async #returnUnmatched(delivery: Delivery): Promise<void> {
    const { settlement } = this.#options;
    const attempts = this.#countedAttempts;
    const cancelled = this.#cancelled(delivery);
    if (cancelled) return settlement.settle(delivery, cancelled);
    if (attempts && delivery.deliveryCount === 1) await attempts.store(delivery, 0);
    settlement.returnUnmatched(delivery, unmatchedDelay(delivery.deliveryCount));
  }

  /** Asks until there is an answer: a handler must not run beside a reply. `unknown` when the responder stops meanwhile. */
  async #findStored(delivery: Delivery): Promise<StoredMsg | undefined | "unknown"> {
    let staleAllowed = false;
    for (let pause = lookPauseMs.first; ; pause = Math.min(2 * pause, lookPauseMs.longest)) {
      const began = performance.now();
      const stored = await findReply(this.#nc, this.#options.names, delivery.addressed?.replyTo ?? "");
      if (stored === undefined && !staleAllowed && performance.now() - began > lookIsStaleMs) {
        staleAllowed = true;
        continue;
      }
      if (!(stored instanceof KitError)) return stored;
      if (delivery.abandoned || !this.#options.isRunning()) return "unknown";
      await wait(pause);
    }
  }

  #handle(delivery: Delivery): void | Promise<void> {
    const result = this.#cancelled(delivery) ?? this.#run(delivery);
    if (result instanceof Promise) return this.#settleLater(delivery, result);
    this.#options.settlement.settle(delivery, result);
  }

  async #settleLater(delivery: Delivery, pending: Promise<Result>): Promise<void> {
    this.#options.settlement.settle(delivery, await pending);
  }

  #run(delivery: Delivery): Result | Promise<Result> {
    const entry = this.#options.handlers.find(delivery.subject);
    if (!entry) return this.#unmatched(delivery.subject);
    delivery.pattern = entry.pattern;
    const { observe, telemetry, service } = this.#options;
    const began = observe || service ? performance.now() : 0;
    delivery.handling = true;
    const result = telemetry
      ? telemetry.run(delivery, () => runHandler(entry.handler, delivery, this.#options))
      : runHandler(entry.handler, delivery, this.#options);
    if (result instanceof Promise) return result.then((late) => this.#ran(delivery, late, began));
    return this.#ran(delivery, result, began);
  }

  #ran(delivery: Delivery, result: Result, began: number): Result {
    const { observe, telemetry, service } = this.#options;
    delivery.endHandling();
    service?.count(delivery.pattern, result, performance.now() - began);
    if (!observe) return result;
    telemetry?.ran(delivery, result.retry ? undefined : result.status, performance.now() - began);
    const { id: request, deliveryCount, noticedCancel } = delivery;
    if (noticedCancel && result.status === noticedCancel) {
      observe({ type: "called-off", request, status: result.status, begun: true });
    }
    if (result.status === "ok") {
      observe({ type: "executed", request, delivery: deliveryCount, ranMs: millisecondsSince(began) });
    }
    return result;
  }

  /** Why no reply can be sent, so that the handler is not run. */
  #whyNoReply({ addressed, unreadable }: Delivery): string | undefined {
    if (unreadable) return "the headers cannot be read";
    if (!addressed) return "no reply address";
    try {
      this.#options.requireAddress(addressed.replyTo);
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  #cancelled(delivery: Delivery): Result | undefined {
    const status = this.#options.cancellations.statusOf(delivery);
    if (!status) return undefined;
    this.#options.observe?.({ type: "called-off", request: delivery.id, status, begun: false });
    const payload = "before it was begun";
    return { status, payload, terminate: `${status} ${payload}` };
  }

  #unmatched(subject: string): Result {
    const reason = `no such order: ${subject}`;
    const silent = this.#options.unmatched === "silent";
    return { status: "rejected", payload: reason, terminate: reason, silent };
  }
}

/** To a thousandth. */
const millisecondsSince = (began: number) => Math.round((performance.now() - began) * 1000) / 1000;
