// Handlers: what a user writes to answer requests, and what a handler can read, return and throw.

import type { MsgHdrs } from "@nats-io/nats-core";
import { checkOptions, type OptionNames } from "../protocol/check-options.js";
import { InvalidInputError, UnreadablePayloadError } from "../protocol/errors.js";
import { type Body, isBody } from "../protocol/headers.js";
import {
  encodeContent,
  isBytes,
  jsonContent,
  type MessageContent,
  type MessageHeaders,
  type MessagePayload,
  requireHeaders,
} from "../protocol/message-content.js";
import { check, readBySchema, requireSchema, type StandardSchema } from "../protocol/standard-schema.js";
import { compareSpecificity, matches } from "../protocol/subject-patterns.js";
import { quote, requireRequestPattern } from "../protocol/subjects.js";

/** One request, as its handler receives it. `Json` is what its `json()` returns: with an `input` schema the schema's output. */
export interface HandlerRequest<Json = unknown> {
  /** The request's id, the same at each delivery. */
  readonly id: string;
  /** The subject below `requests.`, e.g. `order-tea` or `eu.order-tea`. */
  readonly subject: string;
  /** The entry of `handlers` that matched the subject, e.g. `eu.*`. */
  readonly pattern: string;
  /** The headers: the caller's, the kit's and the server's. A copy of the request, such as a dead letter, keeps the caller's. */
  readonly headers: MsgHdrs;
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
  json<T = Json>(): T;
  /**
   * Starts `ack_wait` anew, of this request and of all others in hand. The responder does so by itself while a handler awaits
   * something. Only a handler that computes for long without an `await` needs the call, at least once per half an `ack_wait`.
   * The message leaves the process before the call returns; over TLS only the first one between two awaits does.
   */
  inProgress(): void;
}

/** A reply with headers: what a handler returns or yields in place of the payload alone. */
export class HandlerReply<Payload = MessagePayload> {
  readonly payload: Payload;
  readonly headers: MessageHeaders | undefined;

  /** `headers` travel with the reply. Names that begin with `Nats-`, `Request-`, `Reply-` or `Dead-Letter` are reserved. */
  constructor(payload: Payload, { headers }: { headers?: MessageHeaders } = {}) {
    this.payload = payload;
    this.headers = headers;
  }
}

/** A handler's reply: text, bytes in the handler's own encoding, an object, which travels as JSON, or any of these with headers. */
export type ReplyPayload = MessagePayload | HandlerReply;

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
 * A handler whose payloads are JSON that schemas check, of any library with Standard Schema v1.
 *
 * - `request.json()` returns the output of `input`. A payload that it refuses is `rejected` with the schema's message, and `handle` is not
 *   called.
 * - The reply is the output of `output`, as JSON. A result that it refuses is a failed handler: the status is `error`.
 */
export interface SchemaHandler<Input = unknown, Output = unknown> {
  input?: StandardSchema<unknown, Input>;
  output?: StandardSchema<Output, unknown>;
  handle(request: HandlerRequest<Input>): Output | HandlerReply<Output> | Promise<Output | HandlerReply<Output>>;
}

const schemaHandlerNames = { input: true, output: true, handle: true } satisfies OptionNames<SchemaHandler>;

/** A reply that is the same for each request. */
type FixedReply = Body | HandlerReply;

type HandlerEntry<Input, Output> = FixedReply | Handler | SchemaHandler<Input, Output>;

/**
 * The handler, with or without schemas, or the fixed reply, for each subject below `requests.`: an exact subject (`eu.order-tea`) or
 * one with wildcards (`eu.*.order-tea`, `eu.>`; `>` is every subject). The most specific entry that matches handles a request: the
 * exact subject; of several with wildcards the longest, then the one with fewer wildcards, then the one whose wildcard comes later.
 */
// biome-ignore lint/suspicious/noExplicitAny: each entry has types of its own
export type Handlers = Readonly<Record<string, HandlerEntry<any, any>>>;

/** `Handlers` whose types the compiler infers from the schemas: `Inputs` and `Outputs` by subject. */
export type InferredHandlers<Inputs, Outputs> = {
  readonly [Subject in keyof Inputs]: HandlerEntry<
    Inputs[Subject],
    Subject extends keyof Outputs ? Outputs[Subject] : unknown
  >;
} & {
  readonly [Subject in keyof Outputs]: FixedReply | Handler | { output?: StandardSchema<Outputs[Subject], unknown> };
};

/** A reply that is encoded already. */
class EncodedReply implements MessageContent {
  readonly body: Body;
  readonly headers: MessageContent["headers"];

  constructor({ body, headers }: MessageContent) {
    this.body = body;
    this.headers = headers;
  }
}

/** What a handler returned or yielded, as it travels. @throws TypeError for what is no reply, InvalidInputError for refused headers. */
export function replyContent(reply: ReplyPayload, how: "returned" | "yielded"): MessageContent {
  if (reply instanceof EncodedReply) return reply;
  const { payload, headers } = reply instanceof HandlerReply ? reply : { payload: reply, headers: undefined };
  const content = encodeContent(payload, headers);
  if (isBody(content.body) || isBytes(content.body)) return content;
  throw new TypeError(`the handler ${how} ${payload === null ? "null" : kindOf(payload)}, not text or bytes`);
}

export const isParts = (reply: ReplyPayload | Parts): reply is Parts =>
  typeof (reply as Partial<Parts> | null | undefined)?.[Symbol.asyncIterator] === "function";

const kindOf = (value: unknown) =>
  typeof value === "object" ? Object.prototype.toString.call(value).slice(8, -1) : typeof value;

/** An entry of `handlers`, ready to run. */
export interface MatchedHandler {
  pattern: string;
  handler: Handler;
}

/** Finds the handler of a subject: one look-up for an exact subject, and otherwise the first wildcard that matches. */
export class HandlerTable {
  readonly #exact = new Map<string, MatchedHandler>();
  /** The most specific first. */
  readonly #wildcards: { tokens: string[]; entry: MatchedHandler }[] = [];

  /** @throws InvalidInputError for a subject that no request can have, and for an entry that is neither handler nor payload. */
  constructor(handlers: Handlers) {
    for (const [pattern, entry] of Object.entries(handlers)) {
      const tokens = requireRequestPattern(pattern).split(".");
      const matched = { pattern, handler: asHandler(entry as HandlerEntry<unknown, unknown>, pattern) };
      if (tokens.includes("*") || tokens.includes(">")) this.#wildcards.push({ tokens, entry: matched });
      else this.#exact.set(pattern, matched);
    }
    this.#wildcards.sort((a, b) => compareSpecificity(a.tokens, b.tokens));
  }

  find(subject: string): MatchedHandler | undefined {
    return this.#exact.get(subject) ?? (this.#wildcards.length === 0 ? undefined : this.#findWildcard(subject));
  }

  /** All entries, the order in which they are tried. */
  entries(): MatchedHandler[] {
    return [...this.#exact.values(), ...this.#wildcards.map(({ entry }) => entry)];
  }

  #findWildcard(subject: string): MatchedHandler | undefined {
    const tokens = subject.split(".");
    return this.#wildcards.find((wildcard) => matches(wildcard.tokens, tokens))?.entry;
  }
}

/** @throws InvalidInputError when it is neither a handler nor a fixed reply, or has a schema that is none. */
export function asHandler(entry: HandlerEntry<unknown, unknown>, subject: string): Handler {
  if (typeof entry === "function") return entry;
  if (isBody(entry) || isBytes(entry) || entry instanceof HandlerReply) return () => entry;
  const where = `handlers[${quote(subject)}]`;
  if (typeof entry !== "object" || entry === null || typeof entry.handle !== "function") {
    throw new InvalidInputError(
      `Expected ${where} to be a function, text, bytes, or an object with \`handle\`, got ${kindOf(entry)}.`,
    );
  }
  return schemaHandler(checkOptions(where, entry, schemaHandlerNames), where);
}

function schemaHandler({ input, output, handle }: SchemaHandler, where: string): Handler {
  if (input !== undefined) requireSchema(`${where}.input`, input);
  if (output !== undefined) requireSchema(`${where}.output`, output);
  return async (request) => {
    if (input) await readBySchema(request, input, "the payload");
    const result = await handle(request);
    return output ? checkedReply(output, result) : (result as ReplyPayload);
  };
}

async function checkedReply(output: StandardSchema<unknown, unknown>, result: unknown): Promise<EncodedReply> {
  const { payload, headers } = result instanceof HandlerReply ? result : { payload: result, headers: undefined };
  const checked = await check(output, payload);
  if ("problem" in checked) throw new TypeError(`the handler's result does not match its schema: ${checked.problem}`);
  return new EncodedReply(jsonContent(checked.value, headers && requireHeaders(headers)));
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
