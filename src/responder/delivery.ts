// A request as the consumer delivered it: where it stands in the stream, and what can be said of it to the server.

import type { Msg, NatsConnection } from "@nats-io/nats-core";
import type { CalledOff } from "../protocol/cancel.js";
import { type RequestHeaders, readRequest } from "../protocol/messages.js";
import { hasFeature } from "../protocol/server-version.js";
import type { RequireAddress } from "../protocol/subjects.js";
import { longestTimerMs } from "./options.js";

export interface Delivery {
  stream: string;
  sequence: number;
  /** Counts from 1. */
  delivery: number;
}

/**
 * Reads the ack address, `$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>`;
 * newer servers put `<domain>.<account hash>` after `ACK` (ADR-15).
 */
export function readDelivery(ackAddress: string): Delivery {
  const tokens = ackAddress.split(".");
  const first = tokens.length >= 11 ? 4 : 2;
  return {
    stream: tokens[first] ?? "",
    delivery: Number(tokens[first + 2]),
    sequence: Number(tokens[first + 3]),
  };
}

/** Never again: a work queue deletes the message, and an advisory carries the reason, where the server knows reasons. */
export function terminate(nc: NatsConnection, msg: Msg, reason: string): void {
  const why = hasFeature(nc, "term-reason") ? ` ${reason.slice(0, longestReason)}` : "";
  nc.publish(msg.reply as string, `+TERM${why}`);
}

/** It may quote what came, and is sent in a message itself. */
const longestReason = 500;

/** Still at it: `ack_wait` begins anew. */
export const stillAtIt = (nc: NatsConnection, msg: Msg) => nc.publish(msg.reply as string, "+WPI");

/** Give it back, to be delivered again after `delayMs`; without a delay that is within milliseconds. */
export const giveBack = (nc: NatsConnection, msg: Msg, delayMs = 0) =>
  nc.publish(
    msg.reply as string,
    delayMs > 0 ? `-NAK {"delay": ${Math.round(delayMs * 1_000_000)}}` : "-NAK",
  );

// A delivered request as it was read, before anything is done about it.

export interface Taken extends RequestHeaders {
  msg: Msg;
  id: string;
  delivery: Delivery;
}

/** A request without an id is named by its place in the stream. */
export function take(msg: Msg): Taken {
  const delivery = readDelivery(msg.reply ?? "");
  const read = readRequest(msg);
  const { id = `${delivery.stream}:${delivery.sequence}`, addressed, deadline, unreadable } = read;
  return { id, addressed, deadline, unreadable, msg, delivery } as Taken;
}

/** Why nobody could be told the answer, so that the work is not even begun. */
export function deadEnd(
  { addressed, unreadable }: Taken,
  requireAddress: RequireAddress,
): string | undefined {
  if (unreadable) return "the headers cannot be read";
  if (!addressed) return "no reply address";
  try {
    requireAddress(addressed.replyTo);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

// A request that a responder works on, and the signal its handler can listen to. Nothing is created before it is read.

export class InHand {
  readonly #deadline: number | undefined;
  #controller: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #status: CalledOff | undefined;
  #why: DOMException | undefined;
  /** The same request may be delivered a second time while its first handler runs. */
  handlers = 1;
  givenUp = false;

  /** `deadline` in milliseconds since the epoch, by the requester's clock. */
  constructor(deadline?: number) {
    this.#deadline = deadline;
  }

  get signal(): AbortSignal {
    if (this.#controller) return this.#controller.signal;
    this.#controller = new AbortController();
    if (this.#why) this.#controller.abort(this.#why);
    else if (this.#deadline !== undefined) this.#arm(this.#deadline);
    return this.#controller.signal;
  }

  /** Set when the handler had a signal and it fired: what it throws from then on is heeding it. */
  get heeded(): CalledOff | undefined {
    return this.#controller?.signal.aborted ? this.#status : undefined;
  }

  callOff(status: CalledOff): void {
    if (this.#why) return;
    this.#status = status;
    this.#fire(status === "expired" ? "the deadline has passed" : "the requester cancelled it");
  }

  /** The responder stops before the handler is done, and has given the request back. */
  giveUp(): void {
    this.givenUp = true;
    if (!this.#why) this.#fire("the responder stops");
  }

  finish(): void {
    clearTimeout(this.#timer);
  }

  #fire(why: string): void {
    this.#why = new DOMException(why, "AbortError");
    this.#controller?.abort(this.#why);
  }

  #arm(deadline: number): void {
    const left = Math.min(longestTimerMs, Math.max(0, deadline - Date.now()));
    this.#timer = setTimeout(() => this.callOff("expired"), left);
  }
}
