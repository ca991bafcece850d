// How a request leaves the responder: its reply is stored, and then it is acknowledged or terminated; or it is given back.
import type { Msg, NatsConnection } from "@nats-io/nats-core";
import type { Observe, ResponderEvent } from "../history/event.js";
import type { Addressed } from "../protocol/dialects/index.js";
import { AlreadyStored, InvalidInput, NoAnswer } from "../protocol/errors.js";
import type { PubAck } from "../protocol/pub-ack.js";
import type { Acks } from "./acks.js";
import { giveBack, terminate } from "./delivery.js";
import type { Answer } from "./menu.js";
import type { ReplySender } from "./reply-sender.js";
import type { Result } from "./result.js";
import { findReply, tellAgain } from "./stored-reply.js";
import { type Taken, take } from "./taken.js";

/** Milliseconds before a request is delivered again whose reply, or a part of it, could not be stored. */
export const retryDelayMs = 1_000;

export class Checkout {
  readonly #nc: NatsConnection;
  readonly #sender: ReplySender;
  readonly #acks: Acks;
  readonly #observe: Observe<ResponderEvent> | undefined;
  readonly #givenUp = new Set<Msg>();

  constructor(
    nc: NatsConnection,
    sender: ReplySender,
    acks: Acks,
    observe: Observe<ResponderEvent> | undefined,
  ) {
    this.#nc = nc;
    this.#sender = sender;
    this.#acks = acks;
    this.#observe = observe;
  }

  /** The reply is stored before the request is let go: a crash in between gives a redelivery, never a loss. */
  reply(taken: Taken, result: Result): void | Promise<void> {
    const request = taken.id;
    const to = taken.addressed as Addressed;
    const { ending, payload, headers } = result;
    const outgoing = headers ? { request, to, ending, payload, headers } : { request, to, ending, payload };
    let sent: Promise<PubAck> | undefined;
    try {
      sent = this.#sender.send(outgoing);
    } catch (error) {
      return this.#replyFailed(taken, result, error as Error);
    }
    if (!sent) return this.#replied(taken, result);
    return sent.then(
      (pubAck) => this.#replied(taken, result, pubAck),
      (error) => this.#replyFailed(taken, result, error),
    );
  }

  #replied(taken: Taken, result: Result, sent?: PubAck): void {
    if (this.#observe) {
      const { replyTo: to, dialect } = taken.addressed as Addressed;
      const { ending } = result;
      const payload = dialect.payload(ending, result.payload); // what was sent, in the requester's convention
      this.#observe({ type: "replied", request: taken.id, ending, to, ...seen(payload, sent) });
    }
    this.letGo(taken, result);
  }

  letGo(taken: Taken, result: Pick<Result, "terminate">): void {
    if (result.terminate) this.terminate(taken, result.terminate);
    else this.#acks.add(taken.msg, taken.id);
  }

  terminate({ msg, id }: Taken, reason: string): void {
    terminate(this.#nc, msg, reason);
    this.#observe?.({ type: "terminated", request: id, reason });
  }

  giveBack(msg: Msg, reason: string, delayMs = 0): void {
    // It may be in another's hands by now, and the server would take it from there.
    if (this.isGivenUp(msg)) return;
    giveBack(this.#nc, msg, delayMs);
    this.#observe?.({ type: "returned", request: take(msg).id, reason });
  }

  /** Given back while its handler is at work: what that says from now on is nobody's. */
  giveUp(msg: Msg, reason: string): void {
    try {
      this.giveBack(msg, reason);
    } finally {
      this.#givenUp.add(msg);
    }
  }

  isGivenUp(msg: Msg): boolean {
    return this.#givenUp.size > 0 && this.#givenUp.has(msg);
  }

  /** The server has taken it back already, to deliver it again: saying anything would be about that delivery. */
  forget(msg: Msg, reason: string): void {
    this.#observe?.({ type: "returned", request: take(msg).id, reason });
  }

  async #replyFailed(taken: Taken, result: Result, error: Error): Promise<void> {
    if (error instanceof AlreadyStored) {
      this.#observe?.({ type: "reply-refused", request: taken.id, reason: error.message });
      this.letGo(taken, result);
      const first = await findReply(this.#nc, (taken.addressed as Addressed).replyTo);
      if (first) tellAgain(this.#nc, first);
    } else if (error instanceof InvalidInput && !result.substitute) {
      // The answer cannot be sent (larger than `max_payload`): the requester is told that instead.
      const { headers } = result; // how many parts came before it stays true
      const told = { ending: "error" as const, payload: error.message, substitute: true };
      await this.reply(taken, headers ? { ...told, headers } : told);
    } else if (error instanceof InvalidInput) {
      // Nothing can be said to this requester (an id that leaves no room in the headers): it would be tried for ever.
      this.terminate(taken, `no reply can be sent: ${error.message}`);
    } else if (error instanceof NoAnswer) {
      // Unknown, not failed: the request stays unacknowledged and comes again after `ack_wait`.
      this.#observe?.({ type: "reply-refused", request: taken.id, reason: error.message });
    } else {
      this.giveBack(taken.msg, error.message, retryDelayMs);
    }
  }
}

/** What an observer is told of a reply; worked out only where there is one. */
function seen(payload: Answer, sent: PubAck | undefined) {
  const text = typeof payload === "string" ? payload : new TextDecoder().decode(payload);
  return { payload: text, ...(sent ? { stream: sent.stream, sequence: sent.sequence } : {}) };
}
