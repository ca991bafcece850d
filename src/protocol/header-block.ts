// Header blocks: written and read as the bytes that travel.
import type { Msg, MsgHdrs } from "@nats-io/nats-core";
import { InvalidInputError } from "./errors.js";

/** A header's name and its value. */
export type HeaderPair = readonly [name: string, value: string];

/**
 * Headers for a publish, which asks them for nothing but `encode()`. The client's own compare and copy all names for each one
 * that is set, which costs ten times as much.
 * @throws InvalidInputError for a value with a line break: what follows it would be read as another header.
 */
export function encodedHeaders(...pairs: readonly HeaderPair[]): MsgHdrs {
  let text = "NATS/1.0\r\n";
  for (const [name, value] of pairs) {
    if (value.includes("\n") || value.includes("\r")) {
      throw new InvalidInputError(`Expected the header ${name} to be one line, got ${JSON.stringify(value)}.`);
    }
    text += `${name}: ${value}\r\n`;
  }
  return encodedBlock(`${text}\r\n`);
}

/** A whole header block as it travels, with the empty line at its end. */
export const encodedBlock = (text: string): MsgHdrs => new EncodedHeaders(text) as unknown as MsgHdrs;

class EncodedHeaders {
  readonly #bytes: Uint8Array;

  constructor(text: string) {
    this.#bytes = encode(text);
  }

  encode(): Uint8Array {
    return this.#bytes;
  }
}

/** A text as a header's value: one line of at most so many characters. What follows a line break would be another header. */
export const oneLine = (text: string, most = 200): string =>
  [...text.slice(0, 2 * most).replace(/\p{Cc}+/gu, " ")].slice(0, most).join("");

// Reading: from the block as it arrived where that is possible, because the client takes all headers apart to read one.

/** The parts of the client's `Msg` that the header block is read from. */
interface ReceivedMessage {
  readonly subject: string;
  readonly reply?: string | undefined;
  readonly data: Uint8Array;
  /** Bytes of subject, reply subject, headers and payload. */
  size(): number;
}

/** Bytes of subject, reply subject, headers and payload, as the server counts them for the `max_bytes` of a pull request. */
export function sizeOf(msg: Msg): number {
  const { size } = msg as Partial<ReceivedMessage>;
  return typeof size === "function" ? size.call(msg) : msg.subject.length + (msg.reply?.length ?? 0) + msg.data.length;
}

/**
 * The text of a received message's headers; undefined for a message without headers. The server sends the headers right before
 * the payload, and the client keeps both in one buffer. If no whole block stands there, the result is undefined.
 */
export function headerBlock(msg: object): string | undefined {
  if (!isReceived(msg)) return undefined;
  const { data, subject, reply } = msg;
  const length = msg.size() - subject.length - (reply?.length ?? 0) - data.length;
  const start = data.byteOffset - length;
  if (length <= 0 || start < 0) return undefined;
  const block = textAt(bytesOf(data.buffer), start, start + length);
  return block.startsWith("NATS/1.0") && block.indexOf(blockEnd) === block.length - blockEnd.length ? block : undefined;
}

const blockEnd = "\r\n\r\n";

/**
 * Whether the header block of a received message begins with these three texts, compared as bytes and in place. `data` is the
 * message's payload. False as well when the message has a reply subject, which this does not read, or has no headers.
 */
export function blockBegins(msg: Msg, data: Uint8Array, before: string, value: string, after: string): boolean {
  const { size } = msg as Partial<ReceivedMessage>;
  if (typeof size !== "function") return false;
  const length = size.call(msg) - msg.subject.length - data.length;
  const start = data.byteOffset - length;
  if (start < 0 || length < before.length + value.length + after.length) return false;
  const bytes = bytesOf(data.buffer);
  const valueAt = start + before.length;
  return isAt(bytes, start, before) && isAt(bytes, valueAt, value) && isAt(bytes, valueAt + value.length, after);
}

/** Whether this ASCII text stands there. */
export function isAt(bytes: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** The messages of one read from the socket share their memory: one view serves them all. */
function bytesOf(buffer: ArrayBufferLike): Uint8Array {
  if (view.buffer !== buffer) view = viewOf(buffer);
  return view;
}

const isReceived = (msg: object): msg is ReceivedMessage =>
  typeof (msg as Partial<ReceivedMessage>).size === "function" && "data" in msg && "subject" in msg;

/**
 * The first value of a header, spelled exactly so; undefined when it is absent, empty, or not plain text on one line.
 * A search for each name costs less than one pass that cuts out every line: most lines of a reply are the server's.
 */
export function valueIn(block: string, name: string): string | undefined {
  const at = block.indexOf(`\r\n${name}:`);
  if (at < 0) return undefined;
  const start = at + name.length + 3;
  return valueAt(block, start, block.indexOf("\r\n", start)) || undefined;
}

/** The value between these places of a block; empty when it is not plain text on one line. */
export function valueAt(block: string, start: number, end: number): string {
  const value = block.slice(start, end).trim();
  return /[\p{Cc}\ufffd]/u.test(value) ? "" : value;
}

/** The first value of a header, spelled exactly so, from headers that the client parsed; undefined when it is absent or empty. */
export const headerValue = (headers: MsgHdrs | undefined, name: string): string | undefined =>
  headers?.get(name) || undefined;

/** The text of a payload. Bytes that are not UTF-8 show as U+FFFD, and a byte order mark is left out. */
export const payloadText = (data: Uint8Array): string => (data[0] === 0xef ? utf8.decode(data) : asText(data));

// Bytes and text. A Buffer, where the platform has it, converts short texts in half the time.

const encoder = new TextEncoder();
const utf8 = new TextDecoder();
/** A byte order mark is text here: only the start of a payload can have one that is not. */
const literal = new TextDecoder("utf-8", { ignoreBOM: true });
const hasBuffer = typeof globalThis.Buffer === "function";

const encode: (text: string) => Uint8Array = hasBuffer ? (text) => Buffer.from(text) : (text) => encoder.encode(text);

const viewOf: (buffer: ArrayBufferLike) => Uint8Array = hasBuffer
  ? (buffer) => Buffer.from(buffer)
  : (buffer) => new Uint8Array(buffer);

const textAt: (bytes: Uint8Array, start: number, end: number) => string = hasBuffer
  ? (bytes, start, end) => (bytes as Buffer).toString("utf8", start, end)
  : (bytes, start, end) => literal.decode(bytes.subarray(start, end));

/** A socket yields Buffers, whose text is read in place. */
const asText: (bytes: Uint8Array) => string = hasBuffer
  ? (bytes) => (Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)).toString()
  : (bytes) => literal.decode(bytes);

let view: Uint8Array = new Uint8Array(0);
