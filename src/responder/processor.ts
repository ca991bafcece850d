// One request from delivery to its result: read it, see whether it is over already, run its handler.

import type { Msg, NatsConnection } from "@nats-io/nats-core";
import type { Observe, ResponderEvent } from "../protocol/events.js";
import type { RequireAddress } from "../protocol/subjects.js";
import type { Cancels } from "./cancellations.js";
import { deadLetter } from "./dead-letters.js";
import { deadEnd, type InHand, type Taken, take } from "./delivery.js";
import { type Backoff, findHandler, type Menu, type RetryLaterError } from "./handlers.js";
import type { ReplySender } from "./reply-publisher.js";
import { Courses, cook } from "./run-handler.js";
import {
  type Acks,
  Checkout,
  findReply,
  type Result,
  retryDelayMs,
  statusOf,
  tellAgain,
} from "./settlement.js";

interface KitchenOptions {
  menu: Menu;
  unmatched: "tell" | "silent";
  backoff: Backoff;
  cancels: Cancels;
  acks: Acks;
  requireAddress: RequireAddress;
  observe?: Observe<ResponderEvent>;
}

export class Kitchen {
  readonly #nc: NatsConnection;
  readonly #options: KitchenOptions;
  readonly #courses: Courses;
  /** How a request leaves. */
  readonly checkout: Checkout;
  /** After this attempt there is no other. */
  lastAttempt = Number.POSITIVE_INFINITY;

  constructor(nc: NatsConnection, sender: ReplySender, options: KitchenOptions) {
    this.#nc = nc;
    this.#options = options;
    this.#courses = new Courses(sender, options.requireAddress, options.observe);
    this.checkout = new Checkout(nc, sender, options.acks, options.observe);
  }

  /** Whatever a request holds, it ends, or goes back to the queue. @throws what an observer throws, and when the connection is closed. */
  handle(msg: Msg): void | Promise<void> {
    const taken = take(msg);
    const { sequence, delivery } = taken.delivery;
    const { subject } = msg;
    this.#options.observe?.({ type: "delivered", request: taken.id, subject, sequence, delivery });
    const dead = deadEnd(taken, this.#options.requireAddress);
    if (dead) {
      this.checkout.terminate(taken, dead);
      return;
    }
    if (delivery <= 1) return this.#serve(taken);
    return this.#overAlready(taken).then((over) => {
      if (!over && !this.checkout.isGivenUp(msg)) return this.#serve(taken);
    });
  }

  /** Without a promise where the handler answers at once and nobody confirms its reply. */
  #serve(taken: Taken): void | Promise<void> {
    const result = this.#calledOff(taken) ?? this.#run(taken);
    if (result instanceof Promise) return result.then((late) => this.#leave(taken, late));
    return this.#leave(taken, result);
  }

  #leave(taken: Taken, result: Result): void | Promise<void> {
    if (this.checkout.isGivenUp(taken.msg)) return;
    if (result.retry) return this.#retry(taken, result.retry);
    if (!result.silent) return this.checkout.reply(taken, result);
    this.checkout.terminate(taken, result.terminate as string);
  }

  /** Nobody waits for it any more: the work is not even begun. */
  #calledOff({ id, deadline, delivery }: Taken): Result | undefined {
    const status = this.#options.cancels.calledOff(id, deadline, delivery.sequence);
    if (!status) return undefined;
    this.#options.observe?.({ type: "called-off", request: id, status, begun: false });
    const text = "before it was begun";
    return { status, payload: text, terminate: `${status} ${text}` };
  }

  #run(taken: Taken): Result | Promise<Result> {
    const { msg, id, delivery, deadline } = taken;
    const order = msg.subject.slice(msg.subject.indexOf(".") + 1);
    const handler = findHandler(this.#options.menu, order);
    if (!handler) return this.#unmatched(order);
    const inHand = this.#options.cancels.begin(id, deadline);
    const known = { id, order, delivery: delivery.delivery };
    const began = this.#options.observe ? performance.now() : 0;
    const result = cook(handler, this.#nc, taken, known, inHand, this.#courses);
    if (result instanceof Promise) return result.then((late) => this.#ran(taken, late, inHand, began));
    return this.#ran(taken, result, inHand, began);
  }

  #ran({ id, delivery }: Taken, result: Result, inHand: InHand, began: number): Result {
    const { observe } = this.#options;
    this.#options.cancels.end(id, inHand);
    if (inHand.heeded && result.status === inHand.heeded) {
      observe?.({ type: "called-off", request: id, status: result.status, begun: true });
    }
    if (result.status === "ok") {
      observe?.({ type: "executed", request: id, delivery: delivery.delivery, ranMs: since(began) });
    }
    return result;
  }

  /** Whether a redelivered request needs no further attempt: it was answered before a crash, or had its last one. */
  async #overAlready(taken: Taken): Promise<boolean> {
    const stored = await findReply(this.#nc, taken.addressed?.replyTo ?? "");
    if (stored) {
      const status = statusOf(stored);
      this.#options.observe?.({ type: "already-answered", request: taken.id, status });
      this.checkout.letGo(taken, status === "dead-lettered" ? { terminate: "dead-lettered before" } : {});
      tellAgain(this.#nc, stored);
      return true;
    }
    const before = taken.delivery.delivery - 1;
    if (before < this.lastAttempt) return false;
    await this.#bury(taken, `delivered ${before} times, and no attempt came to an end`);
    return true;
  }

  async #retry(taken: Taken, { message, delayMs }: RetryLaterError): Promise<void> {
    const { delivery } = taken.delivery;
    if (delivery >= this.lastAttempt) await this.#bury(taken, message);
    else this.checkout.giveBack(taken.msg, message, delayMs ?? this.#options.backoff(delivery));
  }

  async #bury(taken: Taken, reason: string): Promise<void> {
    const result = await deadLetter(this.#nc, taken, reason, this.#options.observe);
    if (result instanceof Error)
      this.checkout.giveBack(taken.msg, `${reason}; ${result.message}`, retryDelayMs);
    else await this.#leave(taken, result);
  }

  #unmatched(order: string): Result {
    const reason = `no such order: ${order}`;
    const silent = this.#options.unmatched === "silent";
    return { status: "rejected", payload: reason, terminate: reason, silent };
  }
}

/** Milliseconds, to a thousandth. */
const since = (began: number) => Math.round((performance.now() - began) * 1000) / 1000;
