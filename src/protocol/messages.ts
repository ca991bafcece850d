// Requests and replies as messages: what goes into their headers, and how it is read back.

import type { MsgHdrs } from "@nats-io/nats-core";
import type { Addressed, Heard } from "./dialects/dialect.js";
import { detect } from "./dialects/index.js";
import { identity, kit } from "./dialects/kit.js";
import { readServiceError } from "./dialects/service-error.js";
import { asStatus, type Status } from "./events.js";
import {
  encodedBlock,
  encodedHeaders,
  headerBlock,
  headerValue,
  oneLine,
  payloadText,
  valueAt,
  valueIn,
} from "./headers.js";
import { header, isMailbox, keeping, quote, requestStream } from "./subjects.js";

/** A reply as a requester gets it. */
export interface Reply {
  status: Status;
  payload: Uint8Array;
  /** The payload as text; bytes that are not UTF-8 show as U+FFFD. */
  text: string;
  /** How many parts came before it; absent where its handler yields none. */
  parts?: number;
}

/** A request in the kit's own dialect. With `expiresMs` it is worth nothing after that many milliseconds from now. */
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
  /** How and where its sender wants to be answered; absent where nobody can be. */
  addressed?: Addressed;
  /** Milliseconds since the epoch; after that nobody waits for the reply. */
  deadline?: number | undefined;
  /** The client cannot take the headers apart. */
  unreadable?: true;
}

export function readRequest(msg: Heard): RequestHeaders {
  return readOwnRequest(msg) ?? readAnyRequest(msg);
}

/** The short way, for the dialect that most requests speak: one pass over the header block. */
function readOwnRequest(msg: Heard): RequestHeaders | undefined {
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

function readAnyRequest(msg: Heard): RequestHeaders {
  const read = headersOf(msg);
  if (read === "unreadable") return { unreadable: true };
  const addressed = detect(msg);
  const id = addressed?.id ?? identity(read);
  const deadline = asDeadline(headerValue(read, header.requestDeadline));
  return {
    ...(id ? { id } : {}),
    ...(addressed ? { addressed } : {}),
    ...(deadline === undefined ? {} : { deadline }),
  };
}

/** The client parses headers when they are asked for, and throws where another client wrote what it would not. */
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
  // Most messages have no such header: nothing is taken apart for those.
  if (headerBlock(msg)?.includes(`\r\n${name}:`) === false) return undefined;
  const read = headersOf(msg);
  return read === "unreadable" ? undefined : headerValue(read, name);
}

/**
 * In the dialect of the request; one of ours is answered under the id that the responder knows it by.
 * `createOnly` makes the broker refuse a second reply to the same mailbox (error 10071). `more` are further headers.
 */
export function replyHeaders(
  to: Addressed,
  id: string,
  status: Status,
  text: string,
  createOnly: boolean,
  more?: Record<string, string>,
): MsgHdrs {
  if (to.dialect === kit && status === "ok") return okHeaders(id, createOnly, more);
  const h = to.dialect.replyHeaders(to.dialect === kit ? { id } : to, status, text);
  if (createOnly) h.set(header.expectedLastSubjectSequence, "0");
  for (const name in more) h.set(name, more[name] as string);
  return h;
}

function okHeaders(id: string, createOnly: boolean, more?: Record<string, string>): MsgHdrs {
  if (more) {
    const condition = createOnly ? [[header.expectedLastSubjectSequence, "0"] as const] : [];
    return encodedHeaders(
      [header.requestId, id],
      [header.replyStatus, "ok"],
      ...condition,
      ...Object.entries(more),
    );
  }
  return encodedBlock(`${okStart}${oneLine(header.requestId, id)}${createOnly ? okCreateOnlyEnd : okEnd}`);
}

const okStart = `NATS/1.0\r\n${header.requestId}: `;
const okEnd = `\r\n${header.replyStatus}: ok\r\n\r\n`;
const okCreateOnlyEnd = `\r\n${header.replyStatus}: ok\r\n${header.expectedLastSubjectSequence}: 0\r\n\r\n`;

/** Headers that cannot be read do not hide the payload: such a reply is an error. */
export function readReply(msg: { readonly headers?: MsgHdrs; data: Uint8Array }): Reply {
  const block = headerBlock(msg);
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

// What lies in a mailbox and is no reply to its request. Whoever may send requests can have something stored in another's
// mailbox (a PubAck, a copy of a reply of their own: docs/permissions.md); every reply names its status, and its request.

type Read = (name: string) => string | undefined;

/** Why this message of the mailbox of `request` is not its reply; undefined when it is. Must not throw. */
export function whyForeign(
  msg: { readonly headers?: MsgHdrs | undefined },
  request: string,
): string | undefined {
  const block = headerBlock(msg);
  const read: Read = block ? (name) => valueIn(block, name) : (name) => readHeader(msg, name);
  if (read(header.replyStatus) === undefined) return `it has no header ${header.replyStatus}`;
  const id = read(header.requestId);
  return id === undefined || id === request ? undefined : `its header ${header.requestId} is ${quote(id)}`;
}

// Several replies to one request: parts, counted from 1, each under the reply address and its number; and the reply
// itself, which comes last and says how many parts came before it.

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
