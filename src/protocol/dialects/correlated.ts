// Correlated dialects: one header has the reply address, and one a correlation id that the reply repeats.
import { headers } from "@nats-io/nats-core";
import { headerValue } from "../header-block.js";
import { header } from "../subjects.js";
import { coreReplyTo } from "./core.js";
import type { Addressed, Dialect, IncomingMessage } from "./dialect.js";
import { setServiceError } from "./service-error.js";

interface Spelling {
  name: string;
  replyTo: string;
  correlationId: string;
  /** A header that only a core request of this convention is known by; it has no address header. */
  coreRequest?: string;
  /** On every reply. */
  reply?: Record<string, string>;
  /** On every failed reply. */
  failure?: Record<string, string>;
  payload: Dialect["payload"];
}

export function correlated(spelling: Spelling): Dialect {
  const { replyTo, correlationId, reply = {}, failure = {} } = spelling;

  const dialect: Dialect = {
    name: spelling.name,
    read: (msg) => readAddressed(dialect, spelling, msg),
    payload: spelling.payload,

    replyHeaders({ id }, status, text) {
      const own = status === "ok" ? reply : { ...reply, ...failure };
      const h = headers();
      if (id) h.set(correlationId, id);
      for (const [name, value] of Object.entries(own)) h.set(name, value);
      setServiceError(h, status, text);
      return h;
    },

    requestHeaders(id, address) {
      const h = headers();
      h.set(header.messageId, id); // the server's deduplication; these conventions leave it to their users
      h.set(correlationId, id);
      h.set(replyTo, address);
      return h;
    },
  };
  return dialect;
}

function readAddressed(dialect: Dialect, spelling: Spelling, msg: IncomingMessage): Addressed | undefined {
  const replyTo = headerValue(msg.headers, spelling.replyTo);
  if (!replyTo) return readCore(dialect, spelling, msg);
  const id = headerValue(msg.headers, spelling.correlationId);
  return id ? { dialect, replyTo, id } : { dialect, replyTo };
}

function readCore(dialect: Dialect, { coreRequest }: Spelling, msg: IncomingMessage): Addressed | undefined {
  if (!coreRequest || !headerValue(msg.headers, coreRequest)) return undefined;
  const replyTo = coreReplyTo(msg);
  return replyTo ? { dialect, replyTo } : undefined;
}
