// Requests and replies as messages: their headers, written and read.

import type { MsgHdrs } from "@nats-io/nats-core";
import type { Addressed, IncomingMessage } from "./dialects/dialect.js";
import { detect } from "./dialects/index.js";
import { identity, kit, kitReplyHeaders } from "./dialects/kit.js";
import { readServiceError } from "./dialects/service-error.js";
import { asStatus, type Status } from "./events.js";
import { encodedHeaders, headerBlock, headerValue, payloadText, valueAt, valueIn } from "./headers.js";
import { header, isMailbox, keeping, quote, requestStream } from "./subjects.js";

/** A reply as a requester receives it. */
export interface Reply {
  status: Status;
  payload: Uint8Array;
  /** The payload as text; bytes that are not UTF-8 show as U+FFFD. */
  text: string;
  /** How many parts came before it; absent for a handler without parts. */
  parts?: number;
}

/** A request in the kit's own dialect. With `expiresMs` no handler begins it later than that many milliseconds from now. */
export function requestHeaders(id: string, replyTo: string, expiresMs?: number): MsgHdrs {
  const own = [
    [header.messageId, id],
    [header.expectedStream, requestStream],
    [header.replyTo, replyTo],
  ] as const;
  if (expiresMs === undefined) return encodedHeaders(...own);
  return encodedHeaders(
    ...own,
    [header.timeToLive, `${Math.max(1, Math.ceil(expiresMs / 1000))}s`],
    [header.requestDeadline, String(Math.ceil(Date.now() + expiresMs))],
  );
}

/** What the responder needs to know of a delivered request; absent where the sender left it out. */
export interface RequestHeaders {
  id?: string;
  /** How and where the reply goes; absent for a request without a reply address. */
  addressed?: Addressed;
  /** Milliseconds since the epoch; after that no requester waits for the reply. */
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
  for (let at = block.indexOf("\r\n") + 2; at < block.length - 2; ) {
    const end = block.indexOf("\r\n", at);
    // The first of several headers of one name counts, even an empty one.
    if (block.startsWith(replyToLine, at)) replyTo ??= valueAt(block, at + replyToLine.length, end);
    else if (block.startsWith(messageIdLine, at))
      messageId ??= valueAt(block, at + messageIdLine.length, end);
    else if (block.startsWith(requestIdLine, at))
      requestId ??= valueAt(block, at + requestIdLine.length, end);
    else if (block.startsWith(deadlineLine, at)) deadline ??= valueAt(block, at + deadlineLine.length, end);
    at = end + 2;
  }
  const id = requestId || messageId;
  if (!replyTo || !id) return undefined;
  return { id, addressed: { dialect: kit, replyTo, id }, deadline: asDeadline(deadline) };
}

const replyToLine = `${header.replyTo}:`;
const messageIdLine = `${header.messageId}:`;
const requestIdLine = `${header.requestId}:`;
const deadlineLine = `${header.requestDeadline}:`;

const asDeadline = (text: string | undefined) => (text && /^\d{1,15}$/.test(text) ? Number(text) : undefined);

function readAnyRequest(msg: IncomingMessage): RequestHeaders {
  const read = headersOf(msg);
  if (read === "unreadable") return { unreadable: true };
  const addressed = detect(msg);
  const id = addressed?.id ?? identity(read);
  const deadline = asDeadline(headerValue(read, header.requestDeadline));
  return { id, addressed, deadline };
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
export function readHeader(
  msg: { readonly headers?: MsgHdrs | undefined },
  name: string,
): string | undefined {
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
  more?: Record<string, string>,
): MsgHdrs {
  const further = [
    ...(createOnly ? [[header.expectedLastSubjectSequence, "0"] as const] : []),
    ...(more ? Object.entries(more) : []),
  ];
  if (to.dialect === kit) return encodedHeaders(...kitReplyHeaders(id, status, text), ...further);
  const h = to.dialect.replyHeaders(to, status, text);
  for (const [name, value] of further) h.set(name, value);
  return h;
}

/** A message that holds, or may hold, a reply; the client's `Msg` fits. */
interface ReplyMessage {
  readonly headers?: MsgHdrs | undefined;
  readonly data: Uint8Array;
}

/** Headers that cannot be read do not hide the payload: such a reply is an error. */
export const readReply = (msg: ReplyMessage): Reply => replyOf(msg, headerBlock(msg));

/**
 * The reply to `request` that lies in its mailbox, or as a text why this message is not that reply. An account that may send
 * requests can have something stored in another requester's mailbox: a PubAck, or a copy of a reply (docs/permissions.md). Every
 * reply names its status and its request. The header block is decoded once for all of it. Does not throw.
 */
export function readReplyTo(request: string, msg: ReplyMessage): Reply | string {
  const block = headerBlock(msg);
  return whyForeign(request, msg, block) ?? replyOf(msg, block);
}

function replyOf(msg: ReplyMessage, block: string | undefined): Reply {
  const status = (block && asStatus(valueIn(block, header.replyStatus))) || readStatus(headersOf(msg));
  const payload = msg.data; // the client cuts it out anew each time it is read
  const reply = { status, payload, text: payloadText(payload) };
  const parts = block ? valueIn(block, header.replyParts) : readHeader(msg, header.replyParts);
  return parts && /^\d{1,9}$/.test(parts) ? { ...reply, parts: Number(parts) } : reply;
}

function readStatus(read: ReturnType<typeof headersOf>): Status {
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
  return id && index && /^[1-9]\d{0,8}$/.test(index) ? { id, index: Number(index) } : undefined;
}

export function partHeaders(id: string, index: number, createOnly: boolean): MsgHdrs {
  return encodedHeaders(
    [header.requestId, id],
    [header.replyPart, String(index)],
    ...(createOnly ? [[header.expectedLastSubjectSequence, "0"] as const] : []),
  );
}

/** Parts are stored under a mailbox, or sent to an inbox of ours; other conventions would take one for the reply. */
export const carriesParts = ({ dialect, replyTo }: Addressed): boolean =>
  dialect === kit && (isMailbox(replyTo) || keeping(replyTo) === undefined);
