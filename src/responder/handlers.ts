// What a responder can answer: order to reply. The default menu is the one of NATS by Example.
import { InvalidInputError, UnreadablePayloadError } from "../protocol/errors.js";

/** One request as a handler sees it. */
export interface OrderRequest {
  id: string;
  /** The last token of the subject, e.g. `order-sandwich`. */
  order: string;
  subject: string;
  payload: Uint8Array;
  /** Counts from 1; above 1 the request was delivered before, and its effect may have happened. */
  delivery: number;
  /**
   * Fires when nobody waits for the reply any more: the request was cancelled, or its deadline has passed. Whatever the
   * handler throws after that ends the request as `cancelled` or `expired`; an answer that it returns is stored as ever.
   * Also fires when the responder drains and its time for that is over: then somebody else gets the request, and
   * nothing that comes of this handler is used.
   */
  readonly signal: AbortSignal;
  /** @throws UnreadablePayloadError when the payload is not UTF-8: the request is then rejected, not retried. */
  text(): string;
  /** @throws UnreadablePayloadError when the payload is not JSON. */
  json<T = unknown>(): T;
  /**
   * Tells the server that the work goes on: `ack_wait` begins anew. The responder does this by itself while a handler
   * waits for something; one that computes for long without a pause (`await`) can do it here.
   */
  working(): void;
}

export type Answer = string | Uint8Array;
/**
 * Several replies to one request, as an `async function*` gives them: each that it yields is a part, stored before the
 * handler goes on; what it returns is the last reply, and ends the request. A request that is delivered again runs the
 * handler again, and parts that are stored already stay as they are: it has to yield the same ones each time.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: a generator that returns nothing has the last reply be empty
export type Parts = AsyncGenerator<Answer, Answer | void, unknown>;
export type Handler = (request: OrderRequest) => Answer | Parts | Promise<Answer | Parts>;
export type Menu = Readonly<Record<string, Answer | Handler>>;

export const isAnswer = (answer: Answer | Parts): answer is Answer =>
  typeof answer === "string" || answer instanceof Uint8Array;

const utf8 = new TextDecoder("utf-8", { fatal: true });

export function readText(payload: Uint8Array): string {
  try {
    return utf8.decode(payload);
  } catch (cause) {
    throw new UnreadablePayloadError("the payload is not UTF-8 text", { cause });
  }
}

export function readJson<T>(payload: Uint8Array): T {
  const text = readText(payload);
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new UnreadablePayloadError("the payload is not JSON", { cause });
  }
}

/** An order may carry a note for the kitchen; a note nobody can read is no order. */
const serve =
  (dish: string): Handler =>
  (request) => {
    request.text();
    return dish;
  };

export const defaultMenu: Menu = {
  "order-sandwich": serve("🥪"),
  "order-bagel": serve("🥯"),
  "order-flatbread": serve("🥙"),
};

/** A menu of fixed answers, as scenario files and the command line give it. */
export const fixedMenu = (answers: Record<string, string>): Menu =>
  Object.fromEntries(Object.entries(answers).map(([order, answer]) => [order, serve(answer)]));

/** A menu of orders that cannot be served, for good: each ends as `error` with its text. */
export const failingMenu = (errors: Record<string, string>): Menu =>
  Object.fromEntries(
    Object.entries(errors).map(([order, text]): [string, Handler] => [
      order,
      () => {
        throw new Error(text);
      },
    ]),
  );

/** A menu of orders with several fixed replies: the last one is the reply, those before it are its parts. */
export const partsMenu = (answers: Record<string, readonly string[]>): Menu =>
  Object.fromEntries(
    Object.entries(answers).map(([order, parts]) => [
      order,
      async function* (request: OrderRequest) {
        request.text();
        yield* parts.slice(0, -1);
        return parts.at(-1) ?? "";
      },
    ]),
  );

export function findHandler(menu: Menu, order: string): Handler | undefined {
  if (!Object.hasOwn(menu, order)) return undefined;
  const entry = menu[order] as Answer | Handler;
  return typeof entry === "function" ? entry : () => entry;
}

// Errors that pass: the request is given back, and comes again later, each time after a longer pause.

export interface RetryOptions {
  /** Milliseconds before the second attempt; it doubles with each further one. Default 100. */
  firstMs?: number;
  /** The longest pause in milliseconds. Default 30,000. */
  mostMs?: number;
}

/**
 * Thrown by a handler whose failure may pass: the request is given back and delivered again, up to the consumer's
 * `max_deliver` or the responder's `maxAttempts`; after the last attempt it becomes a dead letter.
 * Any other error ends the request at once with the status `error`.
 */
export class RetryLaterError extends Error {
  override readonly name = "RetryLaterError";
  /** Milliseconds until the next attempt; without it the responder's `retry` says. */
  readonly delayMs?: number;

  /** @throws InvalidInputError when `delayMs` is no number of milliseconds from 0 to a day. */
  constructor(reason: string, { delayMs, ...options }: ErrorOptions & { delayMs?: number } = {}) {
    super(reason, options);
    if (delayMs !== undefined) this.delayMs = requireDelay("delayMs", delayMs);
  }
}

const longestMs = 24 * 60 * 60 * 1000;

function requireDelay(what: string, ms: number): number {
  if (ms >= 0 && ms <= longestMs) return Math.round(ms);
  throw new InvalidInputError(`Expected ${what} to be 0 to ${longestMs} milliseconds, got ${ms}.`);
}

/** Milliseconds to wait after attempt number `delivery`, counted from 1. */
export type Backoff = (delivery: number) => number;

/** @throws InvalidInputError when a pause is no number of milliseconds from 0 to a day. */
export function backoff({ firstMs = 100, mostMs = 30_000 }: RetryOptions = {}): Backoff {
  requireDelay("retry.firstMs", firstMs);
  requireDelay("retry.mostMs", mostMs);
  return (delivery) => Math.round(Math.min(mostMs, firstMs * 2 ** (delivery - 1)));
}
