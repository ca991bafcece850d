// Dialect: one convention for the reply address, the id and the status of a durable request in headers.
import type { MsgHdrs } from "@nats-io/nats-core";
import type { Status } from "../events.js";

/** The parts of a message that a dialect reads; the client's `Msg` fits. */
export interface IncomingMessage {
  readonly subject: string;
  readonly headers?: MsgHdrs | undefined;
  readonly reply?: string | undefined;
}

/** A request with a reply address: its dialect, where the reply goes, and the sender's id of the request. */
export interface Addressed {
  /** The subject that the requester published to, for the reply to repeat; absent if the requester did not write it. */
  subject?: string;
  dialect: Dialect;
  /** Unchecked, as the sender wrote it: `requireReplyAddress` decides whether the responder may publish there. */
  replyTo: string;
  /** Absent for a request without an id; the reply then has none either. */
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
  /** The handler's reply, as this dialect's requester can decode it. Bytes stay as they are: the handler encoded them. */
  payload(status: Status, reply: string | Uint8Array): string | Uint8Array;
  /** Headers of a request, for a requester that speaks it. @throws InvalidArgumentError on CR or LF. */
  requestHeaders(id: string, replyTo: string): MsgHdrs;
}

/** For dialects without a payload format of their own. */
export const asItIs = (_: Status, answer: string | Uint8Array) => answer;
