// A dialect: one convention for carrying reply address, identity and outcome of a durable request in headers.

import type { MsgHdrs } from "@nats-io/nats-core";
import type { Status } from "../events.js";

/** What a dialect reads of a message; the client's `Msg` fits. */
export interface IncomingMessage {
  readonly subject: string;
  readonly headers?: MsgHdrs | undefined;
  readonly reply?: string | undefined;
}

/** A request whose sender can be answered: how it spoke, where its reply goes, and what it calls the request. */
export interface Addressed {
  dialect: Dialect;
  /** The sender's word, unchecked: `requireReplyAddress` says whether the responder may publish there. */
  replyTo: string;
  /** Absent where the sender gave none; the reply then carries none either. */
  id?: string;
}

export interface Dialect {
  readonly name: string;
  /** undefined when the message does not speak it; an empty header counts as absent. */
  read(msg: IncomingMessage): Addressed | undefined;
  /**
   * Headers of the reply; `text` says what went wrong and is not read when the status is ok.
   * @throws InvalidArgumentError when the id holds CR or LF: altered, it would match no request.
   */
  replyHeaders(request: Pick<Addressed, "id">, status: Status, text: string): MsgHdrs;
  /** What the handler answered, as this dialect's requester can decode it. Bytes pass: they are the handler's own encoding. */
  payload(status: Status, reply: string | Uint8Array): string | Uint8Array;
  /** Headers of a request, for a requester that speaks it. @throws InvalidArgumentError on CR or LF. */
  requestHeaders(id: string, replyTo: string): MsgHdrs;
}

/** For dialects whose payload is whatever both sides agreed on. */
export const asItIs = (_: Status, answer: string | Uint8Array) => answer;
