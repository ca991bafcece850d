// Message content: the payload and the headers that a caller gives, checked and encoded as they travel.
import type { MsgHdrs } from "@nats-io/nats-core";
import { InvalidInputError } from "./errors.js";
import type { HeaderPair } from "./header-block.js";
import type { Body } from "./headers.js";
import { requireBySchema, type StandardSchema } from "./standard-schema.js";
import { quote } from "./subjects.js";

/** A payload as a caller gives it: text, bytes, or an object, which travels as JSON. */
export type MessagePayload = Body | object;

/** Headers that a caller gives: the client's, or a plain record of names and values. */
export type MessageHeaders = MsgHdrs | Readonly<Record<string, string>>;

/** A message's body, and its headers besides those of the kit. */
export interface MessageContent {
  readonly body: Body;
  readonly headers: readonly HeaderPair[] | undefined;
}

const contentType = "Content-Type";
const jsonType = "application/json";

/**
 * Text and bytes stay as they are. An object becomes JSON, with `Content-Type: application/json` unless `callerHeaders` has that header.
 * @throws InvalidInputError for an object that JSON cannot hold, and for headers that are refused (see `requireHeaders`). What is neither
 * text, bytes nor an object is left to the publish, which refuses it. With a schema any value travels as JSON, once the schema has
 * checked it: it is not what the schema makes of it, because the reader's schema makes that.
 */
export function encodeContent(
  payload: MessagePayload,
  callerHeaders?: MessageHeaders,
  input?: StandardSchema<unknown, unknown>,
): MessageContent {
  const headers = callerHeaders === undefined ? undefined : requireHeaders(callerHeaders);
  if (input !== undefined) {
    requireBySchema(input, payload);
    return jsonContent(payload, headers);
  }
  return isJsonObject(payload) ? jsonContent(payload, headers) : { body: payload as Body, headers };
}

/** A value as JSON, with its content type. @throws InvalidInputError for a value that JSON cannot hold. */
export function jsonContent(value: unknown, headers: readonly HeaderPair[] = []): MessageContent {
  const isTyped = headers.some(([name]) => name.toLowerCase() === contentType.toLowerCase());
  return { body: asJson(value), headers: isTyped ? headers : [...headers, [contentType, jsonType]] };
}

function asJson(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw new InvalidInputError(`Expected the payload to be a value that JSON can hold: ${(cause as Error).message}`, {
      cause,
    });
  }
  if (text !== undefined) return text;
  throw new InvalidInputError(`Expected the payload to be a value that JSON can hold, got ${typeof value}.`);
}

/** A plain object, an array, an instance of a class, or a value with `toJSON`. JSON would make `{}` of a Map, a Set or a buffer. */
function isJsonObject(payload: unknown): boolean {
  if (typeof payload !== "object" || payload === null || payload instanceof Uint8Array) return false;
  if (typeof (payload as { toJSON?: unknown }).toJSON === "function") return !isBytes(payload);
  return ["[object Object]", "[object Array]"].includes(Object.prototype.toString.call(payload));
}

/** Also bytes of another realm (a test runner's), which are no instance of this one's class. */
export const isBytes = (value: unknown) => Object.prototype.toString.call(value) === "[object Uint8Array]";

// Headers of a caller.

/** The server refuses a message whose headers are above 64 kB (error 10097). The kit's own, also those of a dead letter, need room, too. */
const mostHeaderBytes = 60_000;

/** `Nats-*` is the server's; the others are the kit's. Names of headers are the same in upper and lower case for most clients. */
const reserved = /^(nats-|request-|reply-|dead-letter)/i;

export const isReserved = (name: string): boolean => reserved.test(name);

/** @throws InvalidInputError for a name that is reserved or none, a value that is no text on one line, and headers above 60,000 bytes. */
export function requireHeaders(callerHeaders: MessageHeaders): readonly HeaderPair[] {
  const pairs = asPairs(callerHeaders);
  let text = "";
  for (const [name, value] of pairs) {
    requireHeader(name, value);
    text += `${name}: ${value}\r\n`;
  }
  const bytes = 3 * text.length <= mostHeaderBytes ? text.length : encoder.encode(text).length; // a character has at most 3 bytes
  if (bytes <= mostHeaderBytes) return pairs;
  throw new InvalidInputError(
    `Expected headers of at most ${mostHeaderBytes} bytes, got ${bytes}; send large values in the payload.`,
  );
}

const encoder = new TextEncoder();

function requireHeader(name: string, value: unknown): void {
  if (!/^[\x21-\x39\x3b-\x7e]+$/.test(name)) {
    throw new InvalidInputError(
      `Expected the name of a header to be letters, digits and signs without a space or a colon, got ${quote(name)}.`,
    );
  }
  if (isReserved(name)) {
    throw new InvalidInputError(
      `The header ${quote(name)} is reserved: names that begin with Nats- are the server's, and Request-, Reply- and Dead-Letter are the kit's. Use another name.`,
    );
  }
  if (typeof value === "string" && !/[\r\n\p{Cs}]/u.test(value)) return;
  throw new InvalidInputError(`Expected the header ${name} to be text on one line, got ${quote(value)}.`);
}

function asPairs(callerHeaders: MessageHeaders): HeaderPair[] {
  if (typeof callerHeaders !== "object" || callerHeaders === null || Array.isArray(callerHeaders)) {
    throw new InvalidInputError(
      `Expected headers to be an object such as { "X-Tenant": "blue" }, got ${quote(callerHeaders)}.`,
    );
  }
  if (!isClientHeaders(callerHeaders)) return Object.entries(callerHeaders);
  return callerHeaders.keys().flatMap((name) => callerHeaders.values(name).map((value) => [name, value] as const));
}

/** Of any copy of the client. */
const isClientHeaders = (callerHeaders: MessageHeaders): callerHeaders is MsgHdrs =>
  typeof callerHeaders.keys === "function" && typeof callerHeaders.values === "function";
