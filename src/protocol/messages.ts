// Requests and replies as messages: what goes into their headers, and how it is read back.
import { headers, type Msg, type MsgHdrs } from "@nats-io/nats-core";
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
export function readRequest(msg: Pick<Msg, "headers">): { id?: string; replyTo?: string } {
  const id = msg.headers?.get(header.messageId);
  const replyTo = msg.headers?.get(header.replyTo);
  return { ...(id ? { id } : {}), ...(replyTo ? { replyTo } : {}) };
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

export function readReply(msg: { headers?: MsgHdrs; data: Uint8Array }): Reply {
  const said = msg.headers?.get(header.replyEnding) ?? "";
  const failed = msg.headers?.get(header.serviceErrorCode) ? "error" : "ok";
  const ending = endings.includes(said) ? (said as Ending) : failed;
  return { ending, payload: msg.data, text: utf8.decode(msg.data) };
}

/** Header values end at a line break: anything after one would be read as another header. */
const oneLine = (text: string) => [...text.slice(0, 400).replace(/\p{Cc}+/gu, " ")].slice(0, 200).join("");
