// Requests and replies as messages: their headers, written and read.

import { headers, Match, type Msg, type MsgHdrs } from "@nats-io/nats-core";
import type { Addressed, IncomingMessage } from "./dialects/dialect.js";
import { detect } from "./dialects/index.js";
import { identity, kit, kitReplyHeaders } from "./dialects/kit.js";
import { readServiceError } from "./dialects/service-error.js";
import { UnreadablePayloadError } from "./errors.js";
import { asStatus, type Status } from "./events.js";
import {
  blockBegins,
  encodedBlock,
  encodedHeaders,
  type HeaderPair,
  headerBlock,
  headerValue,
  payloadText,
  valueAt,
  valueIn,
} from "./header-block.js";
import { idOfToken } from "./request-id.js";
import { header, type QueueNames, quote } from "./subjects.js";

/** A reply as a requester receives it. `Json` is what its `json()` returns: with an `output` schema the schema's output. */
export interface Reply<Json = unknown> {
  /** How the request ended. `ok` is the only success. */
  readonly status: Status;
  /** The payload as it was sent. */
  readonly data: Uint8Array;
  /** The payload as text. Bytes that are not UTF-8 show as U+FFFD. */
  readonly text: string;
  /** How many parts came before this reply. Absent when its handler yields none. */
  readonly parts?: number | undefined;
  /** Its headers: those of its handler, of the kit and of the server. */
  readonly headers: MsgHdrs;
  /** The payload as JSON. @throws UnreadablePayloadError when the payload is not JSON, or does not match its `output` schema. */
  json<T = Json>(): T;
}

/** A payload as it travels. */
export type Body = string | Uint8Array;

/** Whether a payload travels as it is. */
export const isBody = (payload: unknown): payload is Body =>
  typeof payload === "string" || payload instanceof Uint8Array;

/** A payload whose text and JSON are decoded when they are read. */
export class Payload {
  readonly data: Uint8Array;

  constructor(data: Uint8Array) {
    this.data = data;
  }

  get text(): string {
    return payloadText(this.data);
  }

  json<T = unknown>(): T {
    try {
      return JSON.parse(this.text) as T;
    } catch (cause) {
      throw new UnreadablePayloadError(`Expected the reply to be JSON, got ${quote(this.text)}.`, { cause });
    }
  }
}

/** A message that is read as a reply: the client's, or one that a stream holds. */
export interface ReplyMessage {
  readonly headers?: MsgHdrs | undefined;
  readonly data: Uint8Array;
}

/** Headers that cannot be parsed are left out. */
export const headersOfReply = (msg: ReplyMessage): MsgHdrs => readHeaders(msg) ?? headers();

/** Reads its message no further than its caller does: on the hot path that is mostly the status alone. */
export class ReceivedReply extends Payload implements Reply {
  readonly status: Status;
  readonly #msg: ReplyMessage;

  constructor(status: Status, data: Uint8Array, msg: ReplyMessage) {
    super(data);
    this.status = status;
    this.#msg = msg;
  }

  /** The subject of its request, if the reply says it. */
  get requestSubject(): string | undefined {
    return readHeader(this.#msg, header.requestSubject);
  }

  get headers(): MsgHdrs {
    return headersOfReply(this.#msg);
  }

  get parts(): number | undefined {
    const parts = readHeader(this.#msg, header.replyParts);
    return parts && /^\d{1,9}$/.test(parts) ? Number(parts) : undefined;
  }
}

/** Writes the headers of a request. */
export type WriteRequestHeaders = (
  id: string,
  replyTo: string,
  expiresMs?: number,
  subject?: string,
  more?: readonly HeaderPair[],
) => MsgHdrs;

/**
 * Requests in the kit's own dialect, for one queue. With `expiresMs` no handler begins it that many milliseconds after the server has stored it.
 * With `subject` its reply says that it is one to this subject. `more` are the caller's headers. No argument can hold a line break: they
 * are checked before.
 */
export function requestHeaders({ requestStream }: QueueNames): WriteRequestHeaders {
  const afterId = `\r\n${header.expectedStream}: ${requestStream}\r\n${header.replyTo}: `;
  return (id, replyTo, expiresMs, subject, more) => {
    let text = `${messageIdBefore}${id}${afterId}${replyTo}\r\n`;
    if (expiresMs !== undefined) {
      const timeout = Math.ceil(expiresMs);
      text += `${header.timeToLive}: ${timeToLiveS(timeout)}s\r\n${timeoutLine} ${timeout}\r\n`;
    }
    if (subject !== undefined) text += `${subjectLine} ${subject}\r\n`;
    if (more !== undefined) for (const [name, value] of more) text += `${name}: ${value}\r\n`;
    return encodedBlock(`${text}\r\n`);
  };
}

/**
 * Seconds that the server keeps an expired request in the queue: a responder that receives it meanwhile stores the status `expired`.
 * What the server removes has no status, unless its requester stores one.
 */
const expiredKeptS = 60;

/** Seconds that the server keeps a request which expires after `timeoutMs`. */
export const timeToLiveS = (timeoutMs: number): number => Math.ceil(timeoutMs / 1000) + expiredKeptS;

const messageIdBefore = `NATS/1.0\r\n${header.messageId}: `;

/** What the responder needs to know of a delivered request; absent where the sender left it out. */
export interface RequestHeaders {
  id?: string;
  /** How and where the reply goes; absent for a request without a reply address. */
  addressed?: Addressed;
  /** Milliseconds from when the request was stored; after that no requester waits for the reply. */
  timeoutMs?: number | undefined;
  /** The same as milliseconds since the epoch, if the sender wrote only that. */
  deadline?: number | undefined;
  /** The client cannot take the headers apart. */
  unreadable?: true;
}

export function readRequest(msg: IncomingMessage): RequestHeaders {
  return readOwnRequest(msg) ?? readAnyRequest(msg);
}

/** The short way, for the dialect that most requests speak: one pass over the header block. */
function readOwnRequest(msg: IncomingMessage): RequestHeaders | undefined {
  const block = headerBlock(msg);
  if (!block) return undefined;
  let replyTo: string | undefined;
  let requestId: string | undefined;
  let messageId: string | undefined;
  let deadline: string | undefined;
  let timeout: string | undefined;
  let subject: string | undefined;
  for (let at = block.indexOf("\r\n") + 2; at < block.length - 2; ) {
    const end = block.indexOf("\r\n", at);
    // The first of several headers of one name counts, even an empty one.
    if (block.startsWith(replyToLine, at)) replyTo ??= valueAt(block, at + replyToLine.length, end);
    else if (block.startsWith(messageIdLine, at)) messageId ??= valueAt(block, at + messageIdLine.length, end);
    else if (block.startsWith("Request-", at)) {
      if (block.startsWith(requestIdLine, at)) requestId ??= valueAt(block, at + requestIdLine.length, end);
      else if (block.startsWith(deadlineLine, at)) deadline ??= valueAt(block, at + deadlineLine.length, end);
      else if (block.startsWith(timeoutLine, at)) timeout ??= valueAt(block, at + timeoutLine.length, end);
      else if (block.startsWith(subjectLine, at)) subject ??= valueAt(block, at + subjectLine.length, end);
    }
    at = end + 2;
  }
  const id = requestId || messageId;
  if (!replyTo || !id) return undefined;
  const addressed = subject ? { dialect: kit, replyTo, id, subject } : { dialect: kit, replyTo, id };
  return { id, addressed, timeoutMs: asMilliseconds(timeout), deadline: asMilliseconds(deadline) };
}

const replyToLine = `${header.replyTo}:`;
const messageIdLine = `${header.messageId}:`;
const requestIdLine = `${header.requestId}:`;
const deadlineLine = `${header.requestDeadline}:`;
const timeoutLine = `${header.requestTimeout}:`;
const subjectLine = `${header.requestSubject}:`;

const asMilliseconds = (text: string | undefined) => (text && /^\d{1,15}$/.test(text) ? Number(text) : undefined);

function readAnyRequest(msg: IncomingMessage): RequestHeaders {
  const read = headersOf(msg);
  if (read === "unreadable") return { unreadable: true };
  const addressed = detect(msg);
  const id = addressed?.id ?? identity(read);
  const timeoutMs = asMilliseconds(headerValue(read, header.requestTimeout));
  const deadline = asMilliseconds(headerValue(read, header.requestDeadline));
  const subject = headerValue(read, header.requestSubject);
  return { id, addressed: addressed && subject ? { ...addressed, subject } : addressed, timeoutMs, deadline };
}

/**
 * The headers of a message, for a copy of it; undefined if it has none, or none that can be read. The headers that the client refuses
 * (a space in a name) are left out. Does not throw.
 */
export function readHeaders(msg: { readonly headers?: MsgHdrs | undefined }): MsgHdrs | undefined {
  const read = headersOf(msg);
  if (read !== "unreadable") return read;
  const [, ...lines] = headerBlock(msg)?.split("\r\n") ?? [];
  const readable = headers();
  for (const line of lines) {
    const colon = line.indexOf(":");
    try {
      if (colon > 0) readable.append(line.slice(0, colon), line.slice(colon + 1).trim());
    } catch {
      // refused
    }
  }
  return readable;
}

/** The client parses headers when they are read, and throws on some headers of other clients. */
function headersOf(msg: { readonly headers?: MsgHdrs | undefined }): MsgHdrs | undefined | "unreadable" {
  try {
    return msg.headers;
  } catch {
    return "unreadable";
  }
}

/** One header's value, its name spelled exactly so; undefined also where the headers cannot be read. */
export function readHeader(msg: { readonly headers?: MsgHdrs | undefined }, name: string): string | undefined {
  // Most messages have no such header, and are not parsed for it.
  if (headerBlock(msg)?.includes(`\r\n${name}:`) === false) return undefined;
  const read = headersOf(msg);
  return read === "unreadable" ? undefined : headerValue(read, name);
}

/**
 * In the dialect of the request; a reply of ours has the id that the responder knows the request by. `createOnly` makes the
 * server refuse a second reply to the same mailbox (error 10071). `more` are further headers.
 */
export function replyHeaders(
  to: Addressed,
  id: string,
  status: Status,
  text: string,
  createOnly: boolean,
  more?: readonly HeaderPair[],
): MsgHdrs {
  if (to.dialect === kit && status === "ok" && !more && !/[\r\n]/.test(id)) {
    const [before, after] = createOnly ? okCreateOnly : okPlain;
    const asked = to.subject ? `${subjectLine} ${to.subject}\r\n\r\n` : "";
    return encodedBlock(`${before}${id}${asked ? after.slice(0, -2) : after}${asked}`);
  }
  const further = [
    ...(to.subject ? [[header.requestSubject, to.subject] as const] : []),
    ...(createOnly ? [[header.expectedLastSubjectSequence, "0"] as const] : []),
    ...(more ?? []),
  ];
  if (to.dialect === kit) return encodedHeaders(...kitReplyHeaders(id, status, text), ...further);
  const own = to.dialect.replyHeaders(to, status, text);
  const isCorrelation = (name: string) => own.values(name, Match.IgnoreCase).includes(to.id ?? "");
  return withHeaders(
    own,
    further.filter(([name]) => !isCorrelation(name)),
  );
}

/** The client's headers with more. A header that is there already, in any case of its letters, is replaced: the handler knows better. */
export function withHeaders(h: MsgHdrs, more: readonly HeaderPair[] = []): MsgHdrs {
  for (const [name] of more) h.delete(name, Match.IgnoreCase);
  for (const [name, value] of more) h.append(name, value);
  return h;
}

/** Most replies differ in their request's id alone: the rest of their header block is written once. */
function aroundId(createOnly: boolean): readonly [before: string, after: string] {
  const id = "-id-";
  const more = createOnly ? [[header.expectedLastSubjectSequence, "0"] as const] : [];
  const headers = encodedHeaders(...kitReplyHeaders(id, "ok", ""), ...more) as unknown as { encode(): Uint8Array };
  const [before = "", after = ""] = new TextDecoder().decode(headers.encode()).split(id);
  return [before, after];
}

const [okCreateOnly, okPlain] = [aroundId(true), aroundId(false)];

/** Headers that cannot be read do not hide the payload: such a reply is an error. */
export const readReply = (msg: ReplyMessage): ReceivedReply => replyOf(msg, headerBlock(msg));

/**
 * The reply to `request` that lies in its mailbox, or as a text why this message is not that reply. An account that may send
 * requests can have something stored in another requester's mailbox: a PubAck, or a copy of a reply (docs/permissions.md). Every
 * reply names its status and its request. The header block is decoded once for all of it. Does not throw.
 */
export function readReplyTo(request: string, msg: ReplyMessage): ReceivedReply | string {
  const block = headerBlock(msg);
  return whyForeign(request, msg, block) ?? replyOf(msg, block);
}

function replyOf(msg: ReplyMessage, block: string | undefined): ReceivedReply {
  const status = (block && asStatus(valueIn(block, header.replyStatus))) || readStatus(headersOf(msg));
  return new ReceivedReply(status, msg.data, msg);
}

const [okBefore, okAfter] = [`NATS/1.0\r\n${header.requestId}: `, `\r\n${header.replyStatus}: ok\r\n`];

/**
 * The reply `ok` to this request, when its headers begin as the kit's responder writes them. Most replies do, and then
 * nothing else has to be read. Undefined for any other message: `readReplyTo` and `readReply` say what that is.
 */
export function readOkReply(msg: Msg, id: string): ReceivedReply | undefined {
  const { data } = msg; // the client cuts it out anew each time it is read
  return blockBegins(msg, data, okBefore, id, okAfter) ? new ReceivedReply("ok", data, msg) : undefined;
}

/** The status that the headers of a reply name; `ok` if they name none. */
export function readStatus(read: MsgHdrs | undefined | "unreadable"): Status {
  if (read === "unreadable") return "error";
  return asStatus(headerValue(read, header.replyStatus)) ?? readServiceError(read);
}

function whyForeign(request: string, msg: ReplyMessage, block: string | undefined): string | undefined {
  const read = (name: string) => (block ? valueIn(block, name) : readHeader(msg, name));
  if (read(header.replyStatus) === undefined) return `it has no header ${header.replyStatus}`;
  const id = read(header.requestId);
  return id === undefined || id === request ? undefined : `its header ${header.requestId} is ${quote(id)}`;
}

// Several replies to one request: parts, counted from 1, each on the reply address and its number. The reply itself comes last,
// and its header says how many parts came before it.

/** `replies.alice.kXQ3.1`: a subject of its own, so that create-only holds for each part. */
export const partSubject = (address: string, index: number | "*") => `${address}.${index}`;

/** The request and the number of a part that arrived; undefined for anything else. */
export function partOf(subject: string): { id: string; index: number } | undefined {
  const [id, index] = subject.split(".").slice(-2);
  return id && index && /^[1-9]\d{0,8}$/.test(index) ? { id: idOfToken(id), index: Number(index) } : undefined;
}

export function partHeaders(id: string, index: number, createOnly: boolean, more: readonly HeaderPair[] = []): MsgHdrs {
  return encodedHeaders(
    [header.requestId, id],
    [header.replyPart, String(index)],
    ...(createOnly ? [[header.expectedLastSubjectSequence, "0"] as const] : []),
    ...more,
  );
}

/** Parts are stored under a mailbox, or sent to an inbox of ours; other conventions would take one for the reply. */
export const carriesParts = (names: QueueNames, { dialect, replyTo }: Addressed): boolean =>
  dialect === kit && (names.isMailbox(replyTo) || names.keeping(replyTo) === undefined);
