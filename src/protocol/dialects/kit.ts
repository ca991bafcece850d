// The kit's own headers. `Nats-Msg-Id` is the request id, so that the server stores a request that is sent twice once. A request
// that is sent again on purpose (a replayed dead letter) has another `Nats-Msg-Id`, and its id in `Request-Id`.
import { headers, type MsgHdrs } from "@nats-io/nats-core";
import type { Status } from "../events.js";
import { type HeaderPair, headerValue } from "../header-block.js";
import { defaultNames } from "../queue-names.js";
import { header } from "../subjects.js";
import { asItIs, type Dialect } from "./dialect.js";
import { serviceError } from "./service-error.js";

export const identity = (headers: MsgHdrs | undefined) =>
  headerValue(headers, header.requestId) ?? headerValue(headers, header.messageId);

/** The headers of every reply of ours, on both ways to write them. */
export const kitReplyHeaders = (id: string | undefined, status: Status, text: string): readonly HeaderPair[] => [
  ...(id ? [[header.requestId, id] as const] : []),
  [header.replyStatus, status],
  ...serviceError(status, text),
];

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
    for (const [name, value] of kitReplyHeaders(id, status, text)) h.set(name, value);
    return h;
  },

  payload: asItIs,

  requestHeaders(id, replyTo) {
    const h = headers();
    h.set(header.messageId, id);
    h.set(header.expectedStream, defaultNames.requestStream);
    h.set(header.replyTo, replyTo);
    return h;
  },
};
