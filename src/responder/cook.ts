// Runs one handler on one request, and turns whatever comes of it into a result.
import type { Msg, NatsConnection } from "@nats-io/nats-core";
import type { Ending } from "../history/event.js";
import { UnreadablePayload } from "../protocol/errors.js";
import { stillAtIt } from "./delivery.js";
import type { InHand } from "./in-hand.js";
import { type Answer, type Handler, type OrderRequest, readJson, readText } from "./menu.js";
import { RetryLater } from "./retry.js";

/** How a handled request leaves: with this ending, acknowledged, or terminated for a reason. */
export interface Result {
  ending: Ending;
  payload: Answer;
  terminate?: string;
  /** Terminated without telling the requester. */
  silent?: boolean;
  /** The failure may pass: there is no answer yet. */
  retry?: RetryLater;
  /** More headers of the reply. */
  headers?: Record<string, string>;
  /** Stands for an answer that could not be sent, and is short enough to be sent itself. */
  substitute?: boolean;
}

type Known = Pick<OrderRequest, "id" | "order" | "delivery">;

/** The handler's answer, or what it threw as an ending of its own. */
export async function cook(
  handler: Handler,
  nc: NatsConnection,
  msg: Msg,
  known: Known,
  inHand: InHand,
): Promise<Result> {
  try {
    return { ending: "ok", payload: requireAnswer(await handler(new Delivered(nc, msg, known, inHand))) };
  } catch (error) {
    const text = inWords(error);
    if (inHand.heeded) return { ending: inHand.heeded, payload: text };
    if (error instanceof UnreadablePayload) return { ending: "rejected", payload: text, terminate: text };
    if (error instanceof RetryLater) return { ending: "error", payload: text, retry: error };
    return { ending: "error", payload: text };
  }
}

/** For handlers that the compiler has not seen. */
function requireAnswer(answer: Answer): Answer {
  if (typeof answer === "string" || answer instanceof Uint8Array) return answer;
  throw new TypeError(`the handler returned ${answer === null ? "null" : typeof answer}, not text or bytes`);
}

/** Anything can be thrown, also what cannot be turned into text. */
function inWords(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return "the handler threw something that has no text";
  }
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
    if (!this.#nc.isClosed()) stillAtIt(this.#nc, this.#msg);
  }
}
