// Requests and replies as messages: what goes into their headers, and how it is read back.
import { headers, type MsgHdrs } from "@nats-io/nats-core";
import type { Ending } from "../history/event.js";
import { header } from "./names.js";

/** A reply as a requester gets it. */
export interface Reply {
  ending: Ending;
  payload: Uint8Array;
  /** The payload as text; bytes that are not UTF-8 show as U+FFFD. */
  text: string;
}

const endings: readonly string[] = ["ok", "error", "rejected"] satisfies Ending[];
const utf8 = new TextDecoder();

export function requestHeaders(id: string, stream: string, replyTo: string): MsgHdrs {
  const h = headers();
  h.set(header.messageId, id);
  h.set(header.expectedStream, stream);
  h.set(header.replyTo, replyTo);
  return h;
}

/** What the responder needs to know of a delivered request; absent where the sender left it out. */
export interface RequestHeaders {
  id?: string;
  replyTo?: string;
  /** The client cannot take the headers apart. */
  unreadable?: true;
}

export function readRequest(msg: { readonly headers?: MsgHdrs }): RequestHeaders {
  const read = headersOf(msg);
  if (read === "unreadable") return { unreadable: true };
  const id = read?.get(header.messageId);
  const replyTo = read?.get(header.replyTo);
  return { ...(id ? { id } : {}), ...(replyTo ? { replyTo } : {}) };
}

/** The client parses headers when they are asked for, and throws where another client wrote what it would not. */
function headersOf(msg: { readonly headers?: MsgHdrs }): MsgHdrs | undefined | "unreadable" {
  try {
    return msg.headers;
  } catch {
    return "unreadable";
  }
}

/** `createOnly` makes the broker refuse a second reply to the same mailbox (error 10071). */
export function replyHeaders(id: string, ending: Ending, text: string, createOnly: boolean): MsgHdrs {
  const h = headers();
  h.set(header.requestId, id);
  h.set(header.replyEnding, ending);
  if (createOnly) h.set(header.expectedLastSubjectSequence, "0");
  if (ending !== "ok") {
    h.set(header.serviceError, oneLine(text));
    h.set(header.serviceErrorCode, ending === "rejected" ? "404" : "500");
  }
  return h;
}

/** Headers that cannot be read do not hide the payload: such a reply is an error. */
export function readReply(msg: { readonly headers?: MsgHdrs; data: Uint8Array }): Reply {
  return { ending: readEnding(headersOf(msg)), payload: msg.data, text: utf8.decode(msg.data) };
}

function readEnding(read: ReturnType<typeof headersOf>): Ending {
  if (read === "unreadable") return "error";
  const said = read?.get(header.replyEnding) ?? "";
  if (endings.includes(said)) return said as Ending;
  return read?.get(header.serviceErrorCode) ? "error" : "ok";
}

/** Header values end at a line break: anything after one would be read as another header. */
const oneLine = (text: string) => [...text.slice(0, 400).replace(/\p{Cc}+/gu, " ")].slice(0, 200).join("");
