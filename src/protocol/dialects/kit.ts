// Our own headers: the server's `Nats-Msg-Id` is the identity, so that a request sent twice is stored once. One that is
// sent again on purpose (a replayed dead letter) has another, and its identity in `Request-Id`.

import { headers, type MsgHdrs } from "@nats-io/nats-core";
import { asStatus } from "../events.js";
import { headerValue } from "../headers.js";
import { header, requestStream } from "../subjects.js";
import { asItIs, type Dialect } from "./dialect.js";
import { readServiceError, setServiceError } from "./service-error.js";

export const identity = (headers: MsgHdrs | undefined) =>
  headerValue(headers, header.requestId) ?? headerValue(headers, header.messageId);

export const kit: Dialect = {
  name: "kit",

  read(msg) {
    const replyTo = headerValue(msg.headers, header.replyTo);
    if (!replyTo) return undefined;
    const id = identity(msg.headers);
    return id ? { dialect: kit, replyTo, id } : { dialect: kit, replyTo };
  },

  replyHeaders({ id }, status, text) {
    const h = headers();
    if (id) h.set(header.requestId, id);
    h.set(header.replyStatus, status);
    setServiceError(h, status, text);
    return h;
  },

  payload: asItIs,

  requestHeaders(id, replyTo) {
    const h = headers();
    h.set(header.messageId, id);
    h.set(header.expectedStream, requestStream);
    h.set(header.replyTo, replyTo);
    return h;
  },

  readReply(msg) {
    const said = headerValue(msg.headers, header.replyStatus);
    if (!said) return undefined;
    const status = asStatus(said) ?? readServiceError(msg.headers);
    const id = headerValue(msg.headers, header.requestId);
    return id ? { id, status } : { status };
  },
};
