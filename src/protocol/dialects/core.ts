// Core NATS requests: the reply goes to the message's own reply subject, and a failure has the headers of a service error (ADR-32).
import { headers } from "@nats-io/nats-core";
import { asItIs, type Dialect, type IncomingMessage } from "./dialect.js";
import { setServiceError } from "./service-error.js";

/** The requester's own reply subject; what a stream delivers has its ack address there instead. */
export function coreReplyTo(msg: IncomingMessage): string | undefined {
  return msg.reply && !msg.reply.startsWith("$JS.ACK.") ? msg.reply : undefined;
}

export const core: Dialect = {
  name: "core",

  read(msg) {
    const replyTo = coreReplyTo(msg);
    return replyTo ? { dialect: core, replyTo } : undefined;
  },

  replyHeaders(_, status, text) {
    const h = headers();
    setServiceError(h, status, text);
    return h;
  },

  payload: asItIs,

  /** None: a core request has no id, and its reply subject goes with the publish, not into a header. */
  requestHeaders: () => headers(),
};
