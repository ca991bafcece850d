// One request from delivery to the end: read it, run its handler, store the reply, then acknowledge or terminate.
import type { Msg, NatsConnection } from "@nats-io/nats-core";
import type { Observe, ResponderEvent } from "../history/event.js";
import type { Addressed } from "../protocol/dialects/index.js";
import { AlreadyStored, InvalidInput, NoAnswer } from "../protocol/errors.js";
import { type RequestHeaders, readRequest } from "../protocol/messages.js";
import { requireReplyAddress } from "../protocol/names.js";
import type { PubAck } from "../protocol/pub-ack.js";
import type { Cancels } from "./cancels.js";
import { cook, type Result } from "./cook.js";
import { ack, type Delivery, giveBack, readDelivery, terminate } from "./delivery.js";
import { deadLetter } from "./last-attempt.js";
import { type Answer, findHandler, type Menu } from "./menu.js";
import type { ReplySender } from "./reply-sender.js";
import type { Backoff, RetryLater } from "./retry.js";
import { endingOf, findReply, tellAgain } from "./stored-reply.js";

export interface KitchenOptions {
  menu: Menu;
  unmatched: "tell" | "silent";
  backoff: Backoff;
  cancels: Cancels;
  observe?: Observe<ResponderEvent>;
}

interface Taken extends RequestHeaders {
  msg: Msg;
  id: string;
  delivery: Delivery;
}

/** Milliseconds before a request is delivered again whose reply could not be stored. */
const retryDelayMs = 1_000;

export class Kitchen {
  readonly #nc: NatsConnection;
  readonly #sender: ReplySender;
  readonly #options: KitchenOptions;
  /** After this attempt there is no other. */
  lastAttempt = Number.POSITIVE_INFINITY;

  constructor(nc: NatsConnection, sender: ReplySender, options: KitchenOptions) {
    this.#nc = nc;
    this.#sender = sender;
    this.#options = options;
  }

  /** Whatever a request holds, it ends, or goes back to the queue. @throws what an observer throws, and when the connection is closed. */
  async handle(msg: Msg): Promise<void> {
    const taken = take(msg);
    const { sequence, delivery } = taken.delivery;
    const { subject } = msg;
    this.#options.observe?.({ type: "delivered", request: taken.id, subject, sequence, delivery });
    const dead = deadEnd(taken);
    if (dead) {
      this.#terminate(taken, dead);
      return;
    }
    if (taken.delivery.delivery > 1 && (await this.#overAlready(taken))) return;
    const result = this.#calledOff(taken) ?? (await this.#run(taken));
    if (result.retry) await this.#retry(taken, result.retry);
    else if (result.silent) this.#terminate(taken, result.terminate as string);
    else await this.#reply(taken, result);
  }

  giveBack(msg: Msg, reason: string, delayMs = 0): void {
    giveBack(this.#nc, msg, delayMs);
    this.#options.observe?.({ type: "returned", request: take(msg).id, reason });
  }

  /** The server has taken it back already, to deliver it again: saying anything would be about that delivery. */
  forget(msg: Msg, reason: string): void {
    this.#options.observe?.({ type: "returned", request: take(msg).id, reason });
  }

  /** Nobody waits for it any more: the work is not even begun. */
  #calledOff({ id, deadline }: Taken): Result | undefined {
    const ending = this.#options.cancels.calledOff(id, deadline);
    if (!ending) return undefined;
    this.#options.observe?.({ type: "called-off", request: id, ending, begun: false });
    const text = "before it was begun";
    return { ending, payload: text, terminate: `${ending} ${text}` };
  }

  async #run({ msg, id, delivery, deadline }: Taken): Promise<Result> {
    const order = msg.subject.slice(msg.subject.indexOf(".") + 1);
    const handler = findHandler(this.#options.menu, order);
    if (!handler) return this.#unmatched(order);
    const inHand = this.#options.cancels.begin(id, deadline);
    const known = { id, order, delivery: delivery.delivery };
    const result = await cook(handler, this.#nc, msg, known, inHand);
    this.#options.cancels.end(id, inHand);
    if (inHand.heeded && result.ending === inHand.heeded) {
      this.#options.observe?.({ type: "called-off", request: id, ending: result.ending, begun: true });
    }
    if (result.ending === "ok") {
      this.#options.observe?.({ type: "executed", request: id, delivery: delivery.delivery });
    }
    return result;
  }

  /** Whether a redelivered request needs no further attempt: it was answered before a crash, or had its last one. */
  async #overAlready(taken: Taken): Promise<boolean> {
    const stored = await findReply(this.#nc, taken.addressed?.replyTo ?? "");
    if (stored) {
      const ending = endingOf(stored);
      this.#options.observe?.({ type: "already-answered", request: taken.id, ending });
      this.#letGo(taken, ending === "dead-lettered" ? { terminate: "dead-lettered before" } : {});
      tellAgain(this.#nc, stored);
      return true;
    }
    const before = taken.delivery.delivery - 1;
    if (before < this.lastAttempt) return false;
    await this.#bury(taken, `delivered ${before} times, and no attempt came to an end`);
    return true;
  }

  async #retry(taken: Taken, { message, delayMs }: RetryLater): Promise<void> {
    const { delivery } = taken.delivery;
    if (delivery >= this.lastAttempt) await this.#bury(taken, message);
    else this.giveBack(taken.msg, message, delayMs ?? this.#options.backoff(delivery));
  }

  async #bury(taken: Taken, reason: string): Promise<void> {
    const result = await deadLetter(this.#nc, taken, reason, this.#options.observe);
    if (result instanceof Error) this.giveBack(taken.msg, `${reason}; ${result.message}`, retryDelayMs);
    else await this.#reply(taken, result);
  }

  #unmatched(order: string): Result {
    const reason = `no such order: ${order}`;
    const silent = this.#options.unmatched === "silent";
    return { ending: "rejected", payload: reason, terminate: reason, silent };
  }

  /** The reply is stored before the request is let go: a crash in between gives a redelivery, never a loss. */
  async #reply(taken: Taken, result: Result): Promise<void> {
    const request = taken.id;
    const to = taken.addressed as Addressed;
    const { ending, payload, headers } = result;
    const outgoing = headers ? { request, to, ending, payload, headers } : { request, to, ending, payload };
    const sent = await this.#sender.send(outgoing).catch((error: Error) => error);
    if (sent instanceof Error) {
      await this.#replyFailed(taken, result, sent);
      return;
    }
    this.#options.observe?.({ type: "replied", request, ending, to: to.replyTo, ...seen(payload, sent) });
    this.#letGo(taken, result);
  }

  async #replyFailed(taken: Taken, result: Result, error: Error): Promise<void> {
    if (error instanceof AlreadyStored) {
      this.#options.observe?.({ type: "reply-refused", request: taken.id, reason: error.message });
      this.#letGo(taken, result);
      const first = await findReply(this.#nc, (taken.addressed as Addressed).replyTo);
      if (first) tellAgain(this.#nc, first);
    } else if (error instanceof InvalidInput && !result.substitute) {
      // The answer cannot be sent (larger than `max_payload`): the requester is told that instead.
      await this.#reply(taken, { ending: "error", payload: error.message, substitute: true });
    } else if (error instanceof InvalidInput) {
      // Nothing can be said to this requester (an id that leaves no room in the headers): it would be tried for ever.
      this.#terminate(taken, `no reply can be sent: ${error.message}`);
    } else if (error instanceof NoAnswer) {
      // Unknown, not failed: the request stays unacknowledged and comes again after `ack_wait`.
      this.#options.observe?.({ type: "reply-refused", request: taken.id, reason: error.message });
    } else {
      this.giveBack(taken.msg, error.message, retryDelayMs);
    }
  }

  #letGo(taken: Taken, result: Pick<Result, "terminate">): void {
    if (result.terminate) this.#terminate(taken, result.terminate);
    else this.#acknowledge(taken);
  }

  #acknowledge({ msg, id }: Taken): void {
    ack(this.#nc, msg);
    this.#options.observe?.({ type: "acked", request: id });
  }

  #terminate({ msg, id }: Taken, reason: string): void {
    terminate(this.#nc, msg, reason);
    this.#options.observe?.({ type: "terminated", request: id, reason });
  }
}

/** What an observer is told of a reply; worked out only where there is one. */
function seen(payload: Answer, sent: PubAck | undefined) {
  const text = typeof payload === "string" ? payload : new TextDecoder().decode(payload);
  return { payload: text, ...(sent ? { stream: sent.stream, sequence: sent.sequence } : {}) };
}

/** A request without an id is named by its place in the stream. */
function take(msg: Msg): Taken {
  const delivery = readDelivery(msg.reply ?? "");
  return { id: `${delivery.stream}:${delivery.sequence}`, ...readRequest(msg), msg, delivery };
}

/** Why nobody could be told the answer, so that the work is not even begun. */
function deadEnd({ addressed, unreadable }: Taken): string | undefined {
  if (unreadable) return "the headers cannot be read";
  if (!addressed) return "no reply address";
  try {
    requireReplyAddress(addressed.replyTo);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
