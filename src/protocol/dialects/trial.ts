// Trial dialect: the JetStream request-reply of nats.go pull request 1107 (October 2022), which the NATS by Example page
// "Request-Reply in JetStream" used. It has the reply subject in a `Nats-` header, and no server implements it.
import { headers } from "@nats-io/nats-core";
import { headerValue } from "../header-block.js";
import { header } from "../subjects.js";
import { asItIs, type Dialect } from "./dialect.js";
import { setServiceError } from "./service-error.js";

const natsReply = "Nats-Reply";

export const trialDialect: Dialect = {
  name: "trial",

  read(msg) {
    const replyTo = headerValue(msg.headers, natsReply);
    if (!replyTo) return undefined;
    const id = headerValue(msg.headers, header.messageId);
    return id ? { dialect: trialDialect, replyTo, id } : { dialect: trialDialect, replyTo };
  },

  /** No id: each request had an inbox of its own. */
  replyHeaders(_, status, text) {
    const h = headers();
    setServiceError(h, status, text);
    return h;
  },

  payload: asItIs,

  requestHeaders(id, replyTo) {
    const h = headers();
    h.set(header.messageId, id);
    h.set(natsReply, replyTo);
    return h;
  },
};
