// Runs one handler on one request, and turns whatever comes of it into a result.
import type { Msg, NatsConnection } from "@nats-io/nats-core";
import type { Courses } from "./courses.js";
import { stillAtIt } from "./delivery.js";
import type { InHand } from "./in-hand.js";
import { type Handler, isAnswer, type OrderRequest, type Parts, readJson, readText } from "./menu.js";
import { type Result, whyFailed } from "./result.js";
import type { Taken } from "./taken.js";

type Known = Pick<OrderRequest, "id" | "order" | "delivery">;

/**
 * The handler's answer, or what it threw as an ending of its own: at once where the handler answers at once. Where it
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
    if (typeof answer === "string" || answer instanceof Uint8Array) return { ending: "ok", payload: answer };
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
    return { ending: "ok", payload: answer };
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
