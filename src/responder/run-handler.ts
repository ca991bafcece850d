// Runs one handler on one request, and turns whatever comes of it into a result.

import type { Msg, NatsConnection } from "@nats-io/nats-core";
import type { Addressed } from "../protocol/dialects/index.js";
import { AlreadyStoredError, InvalidInputError, type KitError, NotSetUpError } from "../protocol/errors.js";
import type { Observe, ResponderEvent } from "../protocol/events.js";
import { carriesParts, partSubject } from "../protocol/messages.js";
import type { PubAck } from "../protocol/pub-ack.js";
import { header, isKept, type RequireAddress } from "../protocol/subjects.js";
import { type InHand, stillAtIt, type Taken } from "./delivery.js";
import {
  type Answer,
  type Handler,
  isAnswer,
  type OrderRequest,
  type Parts,
  RetryLaterError,
  readJson,
  readText,
} from "./handlers.js";
import type { ReplySender } from "./reply-publisher.js";
import { type Result, retryDelayMs, whyFailed } from "./settlement.js";

type Known = Pick<OrderRequest, "id" | "order" | "delivery">;

/**
 * The handler's answer, or what it threw as an status of its own: at once where the handler answers at once. Where it
 * yields parts, the courses serve them.
 */
export function cook(
  handler: Handler,
  nc: NatsConnection,
  taken: Taken,
  known: Known,
  inHand: InHand,
  courses: Courses,
): Result | Promise<Result> {
  try {
    const answer = handler(new Delivered(nc, taken.msg, known, inHand));
    if (typeof answer === "string" || answer instanceof Uint8Array) return { status: "ok", payload: answer };
    return cookSlowly(answer, taken, inHand, courses);
  } catch (error) {
    return whyFailed(error, inHand);
  }
}

async function cookSlowly(
  promised: ReturnType<Handler>,
  taken: Taken,
  inHand: InHand,
  courses: Courses,
): Promise<Result> {
  try {
    const answer = await promised;
    if (!isAnswer(answer)) return await courses.serve(taken, requireParts(answer), inHand);
    return { status: "ok", payload: answer };
  } catch (error) {
    return whyFailed(error, inHand);
  }
}

/** For handlers that the compiler has not seen. */
function requireParts(answer: Parts): Parts {
  if (typeof answer?.[Symbol.asyncIterator] === "function") return answer;
  throw new TypeError(`the handler returned ${answer === null ? "null" : typeof answer}, not text or bytes`);
}

/** A class, because one is made for each request, and an object with functions of its own costs ten times as much. */
class Delivered implements OrderRequest {
  readonly id: string;
  readonly order: string;
  readonly delivery: number;
  readonly #nc: NatsConnection;
  readonly #msg: Msg;
  readonly #inHand: InHand;

  constructor(nc: NatsConnection, msg: Msg, known: Known, inHand: InHand) {
    this.#nc = nc;
    this.#msg = msg;
    this.#inHand = inHand;
    this.id = known.id;
    this.order = known.order;
    this.delivery = known.delivery;
  }

  get subject(): string {
    return this.#msg.subject;
  }

  get signal(): AbortSignal {
    return this.#inHand.signal;
  }

  get payload(): Uint8Array {
    return this.#msg.data;
  }

  text(): string {
    return readText(this.#msg.data);
  }

  json<T>(): T {
    return readJson<T>(this.#msg.data);
  }

  working(): void {
    if (!this.#inHand.givenUp && !this.#nc.isClosed()) stillAtIt(this.#nc, this.#msg);
  }
}

// Serves the parts of a handler that yields several replies: each is stored before the handler goes on, so that a part is
// never stored before the one that it follows, and a slow store slows the handler rather than filling memory.

export class Courses {
  readonly #sender: ReplySender;
  readonly #requireAddress: RequireAddress;
  readonly #observe: Observe<ResponderEvent> | undefined;

  constructor(
    sender: ReplySender,
    requireAddress: RequireAddress,
    observe: Observe<ResponderEvent> | undefined,
  ) {
    this.#sender = sender;
    this.#requireAddress = requireAddress;
    this.#observe = observe;
  }

  /**
   * The handler's last reply, or what it threw, with the number of parts before it. A handler whose request is called
   * off is left at its next `yield`; its `finally` blocks run. Where nobody could get the parts it is not even begun.
   */
  async serve(taken: Taken, parts: Parts, inHand: InHand): Promise<Result> {
    const to = taken.addressed as Addressed;
    const dead = this.#deadEnd(to);
    if (dead) return refused(taken.msg.subject, dead);
    const { signal } = inHand;
    let count = 0;
    const counted = (result: Result) => ({ ...result, headers: { [header.replyParts]: String(count) } });
    try {
      for (;;) {
        const { value, done } = await parts.next();
        if (inHand.givenUp) throw new Error("given up");
        if (done) return counted({ status: "ok", payload: requireAnswer(value ?? "") });
        await this.#part(taken.id, to, count + 1, requireAnswer(value));
        count++;
        if (signal.aborted) throw new Error(`stopped after part ${count}`);
      }
    } catch (error) {
      await leave(parts);
      return counted(whyFailed(error, inHand));
    }
  }

  /** Why its parts would reach nobody. Those of a core reply go below its address, where they have to be allowed, too. */
  #deadEnd(to: Addressed): string | undefined {
    const { dialect, replyTo } = to;
    if (!carriesParts(to)) {
      return `a reply to ${replyTo} (${dialect.name}) cannot carry; ask with a mailbox or an inbox`;
    }
    if (isKept(replyTo)) return undefined;
    try {
      this.#requireAddress(partSubject(replyTo, 1));
      return undefined;
    } catch (error) {
      return `go nowhere: ${(error as Error).message}; ask with a mailbox`;
    }
  }

  async #part(request: string, to: Addressed, index: number, payload: Answer): Promise<void> {
    let stored: PubAck | undefined;
    try {
      stored = await this.#sender.sendPart(request, to, index, payload);
    } catch (error) {
      if (error instanceof AlreadyStoredError) return; // by an attempt before this one: that part is the one
      throw whyNot(error as KitError);
    }
    const place = stored && { stream: stored.stream, sequence: stored.sequence };
    this.#observe?.({ type: "part-replied", request, part: index, to: to.replyTo, ...place });
  }
}

/** A part that is too large ends the request; everything else may pass, and what is stored stays stored. */
function whyNot(error: KitError): Error {
  if (error instanceof InvalidInputError) return error;
  const old =
    error instanceof NotSetUpError
      ? " (REPLIES may be from before there were parts: jsrr setup --update)"
      : "";
  return new RetryLaterError(`${error.message}${old}`, { delayMs: retryDelayMs, cause: error });
}

async function leave(parts: Parts): Promise<void> {
  try {
    await parts.return(undefined);
  } catch {
    // The first error is the one that is told.
  }
}

function refused(subject: string, why: string): Result {
  const order = subject.slice(subject.indexOf(".") + 1);
  const reason = `${order} answers in parts, which ${why}`;
  return { status: "rejected", payload: reason, terminate: reason };
}

/** For handlers that the compiler has not seen. */
function requireAnswer(value: Answer): Answer {
  if (isAnswer(value)) return value;
  throw new TypeError(`the handler yielded ${value === null ? "null" : typeof value}, not text or bytes`);
}
