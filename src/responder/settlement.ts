// How a request leaves the responder: its reply is stored, and then it is acknowledged or terminated; or it is given back.

import { jetstreamManager, type StoredMsg } from "@nats-io/jetstream";
import type { Msg, NatsConnection } from "@nats-io/nats-core";
import type { Addressed } from "../protocol/dialects/index.js";
import {
  AlreadyStoredError,
  InvalidInputError,
  NoAnswerError,
  UnreadablePayloadError,
} from "../protocol/errors.js";
import type { Observe, ResponderEvent, Status } from "../protocol/events.js";
import { readReply } from "../protocol/messages.js";
import type { PubAck } from "../protocol/pub-ack.js";
import { isMailbox, keeping, kvStream, replyStream } from "../protocol/subjects.js";
import { giveBack, type InHand, type Taken, take, terminate } from "./delivery.js";
import { type Answer, RetryLaterError } from "./handlers.js";
import type { ReplySender } from "./reply-publisher.js";

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
    const { status, payload, headers } = result;
    const outgoing = headers ? { request, to, status, payload, headers } : { request, to, status, payload };
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
      const { status } = result;
      const payload = dialect.payload(status, result.payload); // what was sent, in the requester's convention
      this.#observe({ type: "replied", request: taken.id, status, to, ...seen(payload, sent) });
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
    if (error instanceof AlreadyStoredError) {
      this.#observe?.({ type: "reply-refused", request: taken.id, reason: error.message });
      this.letGo(taken, result);
      const first = await findReply(this.#nc, (taken.addressed as Addressed).replyTo);
      if (first) tellAgain(this.#nc, first);
    } else if (error instanceof InvalidInputError && !result.substitute) {
      // The answer cannot be sent (larger than `max_payload`): the requester is told that instead.
      const { headers } = result; // how many parts came before it stays true
      const told = { status: "error" as const, payload: error.message, substitute: true };
      await this.reply(taken, headers ? { ...told, headers } : told);
    } else if (error instanceof InvalidInputError) {
      // Nothing can be said to this requester (an id that leaves no room in the headers): it would be tried for ever.
      this.terminate(taken, `no reply can be sent: ${error.message}`);
    } else if (error instanceof NoAnswerError) {
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

// Acknowledges requests a moment later, several at once. The server removes a request when its ack comes; sent together
// with the reply, the ack is in the way of the request that comes next (docs/performance.md has what that costs).

const ack = new TextEncoder().encode("+ACK");

/** Together at most; then they leave at once. */
const most = 64;

/**
 * A crash while acks are held means redeliveries. One that was answered into a mailbox is found answered; one that was
 * answered to an inbox is executed a second time.
 */
export class Acks {
  readonly #nc: NatsConnection;
  readonly #observe: Observe<ResponderEvent> | undefined;
  readonly #onFatal: (error: Error) => void;
  #delayMs = 0;
  #most = 1;
  #addresses: string[] = [];
  #requests: string[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** `onFatal`: an observer threw where nobody else could catch it. */
  constructor(
    nc: NatsConnection,
    observe: Observe<ResponderEvent> | undefined,
    onFatal: (error: Error) => void,
  ) {
    this.#nc = nc;
    this.#observe = observe;
    this.#onFatal = onFatal;
  }

  /**
   * Until then every ack leaves at once. For the server what is held is pending: few are held where few may be pending
   * (`maxAckPending`, the consumer's) or where this responder takes few at a time (`prefetch`).
   */
  start(
    delayMs = 5,
    { ackWaitMs, maxAckPending, prefetch }: { ackWaitMs: number; maxAckPending: number; prefetch: number },
  ): void {
    this.#delayMs = Math.min(delayMs, ackWaitMs / 20);
    const room = maxAckPending < 1 ? most : Math.floor(maxAckPending / 8);
    this.#most = this.#delayMs < 1 ? 1 : Math.max(1, Math.min(most, room, prefetch >> 1));
  }

  /** @throws what an observer throws, and when the connection is closed. */
  add(msg: Msg, request: string): void {
    this.#addresses.push(msg.reply ?? "");
    if (this.#observe) this.#requests.push(request);
    if (this.#addresses.length >= this.#most) this.#send();
    else this.#timer ??= setTimeout(() => this.flush(), this.#delayMs);
  }

  /** What is held leaves now. */
  flush(): void {
    try {
      this.#send();
    } catch (error) {
      this.#onFatal(error as Error);
    }
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#addresses.length === 0) return;
    const [addresses, requests] = [this.#addresses, this.#requests];
    [this.#addresses, this.#requests] = [[], []];
    for (const address of addresses) this.#nc.publish(address, ack);
    for (const request of requests) this.#observe?.({ type: "acked", request });
  }
}

// What comes of handling a request, also where the handler threw.

/** How a handled request leaves: with this status, acknowledged, or terminated for a reason. */
export interface Result {
  status: Status;
  payload: Answer;
  terminate?: string;
  /** Terminated without telling the requester. */
  silent?: boolean;
  /** The failure may pass: there is no answer yet. */
  retry?: RetryLaterError;
  /** More headers of the reply. */
  headers?: Record<string, string>;
  /** Stands for an answer that could not be sent, and is short enough to be sent itself. */
  substitute?: boolean;
}

/** What a handler threw, as an status. */
export function whyFailed(error: unknown, inHand: InHand): Result {
  const text = inWords(error);
  if (inHand.heeded) return { status: inHand.heeded, payload: text };
  if (error instanceof UnreadablePayloadError) return { status: "rejected", payload: text, terminate: text };
  if (error instanceof RetryLaterError) return { status: "error", payload: text, retry: error };
  return { status: "error", payload: text };
}

/** Anything can be thrown, also what cannot be turned into text. */
function inWords(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return "the handler threw something that has no text";
  }
}

// Looks into a requester's mailbox: whether a request that comes again was answered before, and with what.

/**
 * The stored reply on this address; undefined where there is none or nobody says. Not knowing does no harm: the handler
 * runs once more, and the broker refuses its reply if there is one.
 */
export async function findReply(nc: NatsConnection, address: string): Promise<StoredMsg | undefined> {
  if (keeping(address) !== "once") return undefined;
  const stream = isMailbox(address) ? replyStream : kvStream;
  try {
    const jsm = await jetstreamManager(nc, { checkAPI: false });
    return (await jsm.streams.getMessage(stream, { last_by_subj: address })) ?? undefined;
  } catch {
    return undefined;
  }
}

export const statusOf = (stored: StoredMsg): Status =>
  readReply({ headers: stored.header, data: stored.data }).status;

/**
 * Tells a requester that waits for a reply which is stored already: one that asked again under an id that the stream
 * had forgotten. It is sent where the server republishes replies; whoever does not wait for it ignores it.
 */
export function tellAgain(nc: NatsConnection, stored: StoredMsg): void {
  if (nc.isClosed()) return;
  const subject = stored.subject.replace(/^(replies|\$KV\.REPLIES_KV)\./, "replied.");
  nc.publish(subject, stored.data, { headers: stored.header });
}
