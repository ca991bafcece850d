// Requests and replies as messages: what goes into their headers, and how it is read back.
import type { MsgHdrs } from "@nats-io/nats-core";
import type { Ending } from "../history/event.js";
import { headerValue } from "./dialects/header-value.js";
import { type Addressed, detect, type Heard } from "./dialects/index.js";
import { kit } from "./dialects/kit.js";
import { readServiceError } from "./dialects/service-error.js";
import { asEnding } from "./endings.js";
import { header } from "./names.js";

/** A reply as a requester gets it. */
export interface Reply {
  ending: Ending;
  payload: Uint8Array;
  /** The payload as text; bytes that are not UTF-8 show as U+FFFD. */
  text: string;
}

const utf8 = new TextDecoder();

export const requestHeaders = kit.requestHeaders;

/** What the responder needs to know of a delivered request; absent where the sender left it out. */
export interface RequestHeaders {
  id?: string;
  /** How and where its sender wants to be answered; absent where nobody can be. */
  addressed?: Addressed;
  /** The client cannot take the headers apart. */
  unreadable?: true;
}

export function readRequest(msg: Heard): RequestHeaders {
  const read = headersOf(msg);
  if (read === "unreadable") return { unreadable: true };
  const addressed = detect(msg);
  const id = addressed?.id ?? headerValue(read, header.messageId);
  return { ...(id ? { id } : {}), ...(addressed ? { addressed } : {}) };
}

/** The client parses headers when they are asked for, and throws where another client wrote what it would not. */
function headersOf(msg: { readonly headers?: MsgHdrs | undefined }): MsgHdrs | undefined | "unreadable" {
  try {
    return msg.headers;
  } catch {
    return "unreadable";
  }
}

/**
 * In the dialect of the request; one of ours is answered under the id that the responder knows it by.
 * `createOnly` makes the broker refuse a second reply to the same mailbox (error 10071).
 */
export function replyHeaders(
  to: Addressed,
  id: string,
  ending: Ending,
  text: string,
  createOnly: boolean,
): MsgHdrs {
  const h = to.dialect.replyHeaders(to.dialect === kit ? { id } : to, ending, text);
  if (createOnly) h.set(header.expectedLastSubjectSequence, "0");
  return h;
}

/** Headers that cannot be read do not hide the payload: such a reply is an error. */
export function readReply(msg: { readonly headers?: MsgHdrs; data: Uint8Array }): Reply {
  return { ending: readEnding(headersOf(msg)), payload: msg.data, text: utf8.decode(msg.data) };
}

function readEnding(read: ReturnType<typeof headersOf>): Ending {
  if (read === "unreadable") return "error";
  return asEnding(headerValue(read, header.replyEnding)) ?? readServiceError(read);
}
