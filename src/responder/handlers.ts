// Handlers: what a user writes to answer requests, and what a handler can read, return and throw.
import { InvalidInputError, UnreadablePayloadError } from "../protocol/errors.js";
import { compareSpecificity, matches } from "../protocol/subject-patterns.js";
import { quote, requireRequestPattern } from "../protocol/subjects.js";

/** One request, as its handler receives it. */
export interface HandlerRequest {
  /** The request's id, the same at each delivery. */
  readonly id: string;
  /** The subject below `requests.`, e.g. `order-tea` or `eu.order-tea`. */
  readonly subject: string;
  /** The entry of `handlers` that matched the subject, e.g. `eu.*`. */
  readonly pattern: string;
  /** The payload. */
  readonly data: Uint8Array;
  /** The payload as text. @throws UnreadablePayloadError when it is not UTF-8: the request is then rejected, not retried. */
  readonly text: string;
  /** Counts from 1. Above 1 the request was delivered before, and its effect may have happened. */
  readonly deliveryCount: number;
  /**
   * Fires when the requester cancels the request, and when the request's deadline passes. An error that the handler throws
   * after that ends the request as `cancelled` or `expired`; a reply that it returns is stored as usual.
   * Also fires when a drain reaches its time limit: the request is then NAKed, and the handler's result is not used.
   */
  readonly signal: AbortSignal;
  /** The payload as JSON. @throws UnreadablePayloadError when it is not JSON: the request is then rejected, not retried. */
  json<T = unknown>(): T;
  /**
   * Starts `ack_wait` anew, of this request and of all others in hand. The responder does so by itself while a handler awaits
   * something. Only a handler that computes for long without an `await` needs the call, at least once per half an `ack_wait`.
   * The message leaves the process before the call returns; over TLS only the first one between two awaits does.
   */
  inProgress(): void;
}

/** A reply's payload: text, or bytes in the handler's own encoding. */
export type ReplyPayload = string | Uint8Array;

/**
 * Several replies to one request, as an `async function*` yields them. Each yielded payload is a part, and is stored before
 * the handler goes on. The returned payload is the last reply, and ends the request. A redelivered request runs its handler
 * again: parts that are stored already stay as they are, so the handler has to yield the same parts each time.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: a generator that returns nothing has the last reply be empty
export type Parts = AsyncGenerator<ReplyPayload, ReplyPayload | void, unknown>;

/**
 * Answers one request.
 *
 * - What it returns or resolves to is the reply, with the status `ok`.
 * - `RetryLaterError`: the request is NAKed and delivered again later.
 * - Any other error: the reply has the status `error` and the error's message.
 */
export type Handler = (request: HandlerRequest) => ReplyPayload | Parts | Promise<ReplyPayload | Parts>;

/**
 * The handler, or the fixed reply, for each subject below `requests.`: an exact subject (`eu.order-tea`) or one with wildcards
 * (`eu.*.order-tea`, `eu.>`; `>` is every subject). The most specific entry that matches handles a request: the exact subject; of
 * several with wildcards the longest, then the one with more tokens that are no wildcard, then the one whose wildcard comes later.
 */
export type Handlers = Readonly<Record<string, ReplyPayload | Handler>>;

export const isReplyPayload = (reply: ReplyPayload | Parts): reply is ReplyPayload =>
  typeof reply === "string" || reply instanceof Uint8Array;

/** An entry of `handlers`, ready to run. */
export interface HandlerEntry {
  pattern: string;
  handler: Handler;
}

/** Finds the handler of a subject: one look-up for an exact subject, and otherwise the first wildcard that matches. */
export class HandlerTable {
  readonly #exact = new Map<string, HandlerEntry>();
  /** The most specific first. */
  readonly #wildcards: { tokens: string[]; entry: HandlerEntry }[] = [];

  /** @throws InvalidInputError for a subject that no request can have, and for an entry that is neither handler nor payload. */
  constructor(handlers: Handlers) {
    for (const [pattern, handler] of Object.entries(handlers)) {
      const tokens = requireRequestPattern(pattern).split(".");
      const entry = { pattern, handler: asHandler(handler, pattern) };
      if (tokens.includes("*") || tokens.includes(">")) this.#wildcards.push({ tokens, entry });
      else this.#exact.set(pattern, entry);
    }
    this.#wildcards.sort((a, b) => compareSpecificity(a.tokens, b.tokens));
  }

  find(subject: string): HandlerEntry | undefined {
    return this.#exact.get(subject) ?? (this.#wildcards.length === 0 ? undefined : this.#findWildcard(subject));
  }

  /** All entries, the order in which they are tried. */
  entries(): HandlerEntry[] {
    return [...this.#exact.values(), ...this.#wildcards.map(({ entry }) => entry)];
  }

  #findWildcard(subject: string): HandlerEntry | undefined {
    const tokens = subject.split(".");
    return this.#wildcards.find((wildcard) => matches(wildcard.tokens, tokens))?.entry;
  }
}

/** @throws InvalidInputError when it is neither handler nor payload. */
export function asHandler(entry: ReplyPayload | Handler, pattern: string): Handler {
  if (typeof entry === "function") return entry;
  if (isReplyPayload(entry)) return () => entry;
  throw new InvalidInputError(
    `Expected handlers[${quote(pattern)}] to be a function, text or bytes, got ${entry === null ? "null" : typeof entry}.`,
  );
}

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
