// Handlers: what a user writes to answer requests, and what a handler can read, return and throw.

import type { MsgHdrs } from "@nats-io/nats-core";
import { UnreadablePayloadError } from "../protocol/errors.js";
import { type Body, isBody } from "../protocol/headers.js";
import {
  encodeContent,
  isBytes,
  type MessageContent,
  type MessageHeaders,
  type MessagePayload,
} from "../protocol/message-content.js";

/** One request, as its handler receives it. */
export interface HandlerRequest {
  /** The request's id, the same at each delivery. */
  readonly id: string;
  /** The subject below `requests.`, e.g. `order-tea`. */
  readonly subject: string;
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
  json<T = unknown>(): T;
  /**
   * Starts `ack_wait` anew, of this request and of all others in hand. The responder does so by itself while a handler awaits
   * something. Only a handler that computes for long without an `await` needs the call, at least once per half an `ack_wait`.
   * The message leaves the process before the call returns; over TLS only the first one between two awaits does.
   */
  inProgress(): void;
}

/** A reply with headers: what a handler returns or yields in place of the payload alone. */
export class HandlerReply {
  readonly payload: MessagePayload;
  readonly headers: MessageHeaders | undefined;

  /** `headers` travel with the reply. Names that begin with `Nats-`, `Request-`, `Reply-` or `Dead-Letter` are reserved. */
  constructor(payload: MessagePayload, { headers }: { headers?: MessageHeaders } = {}) {
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

/** The handler, or the fixed reply, for each subject below `requests.`. */
export type Handlers = Readonly<Record<string, FixedReply | Handler>>;

/** A reply that is the same for each request. */
type FixedReply = Body | HandlerReply;

/** What a handler returned or yielded, as it travels. @throws TypeError for what is no reply, InvalidInputError for refused headers. */
export function replyContent(reply: ReplyPayload, how: "returned" | "yielded"): MessageContent {
  const { payload, headers } = reply instanceof HandlerReply ? reply : { payload: reply, headers: undefined };
  const content = encodeContent(payload, headers);
  if (isBody(content.body) || isBytes(content.body)) return content;
  throw new TypeError(`the handler ${how} ${payload === null ? "null" : kindOf(payload)}, not text or bytes`);
}

export const isParts = (reply: ReplyPayload | Parts): reply is Parts =>
  typeof (reply as Partial<Parts> | null | undefined)?.[Symbol.asyncIterator] === "function";

const kindOf = (value: unknown) =>
  typeof value === "object" ? Object.prototype.toString.call(value).slice(8, -1) : typeof value;

export function findHandler(handlers: Handlers, subject: string): Handler | undefined {
  if (!Object.hasOwn(handlers, subject)) return undefined;
  const entry = handlers[subject] as FixedReply | Handler;
  return typeof entry === "function" ? entry : () => entry;
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
