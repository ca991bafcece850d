// Tiny builders: headers from a record, and a message's headers as the text that goes over the wire.
import { headers, type MsgHdrs, MsgHdrsImpl } from "@nats-io/nats-core";

/** Through the bytes, as a received message's headers are. */
export function received(record: Record<string, string>): MsgHdrs {
  const h = headers();
  for (const [name, value] of Object.entries(record)) h.set(name, value);
  return decoded(h);
}

export const decoded = (h: MsgHdrs): MsgHdrs => MsgHdrsImpl.decode((h as MsgHdrsImpl).encode());

/** The bytes, with each line's CRLF shown as a line of its own; the last two are the end of the headers. */
export const wire = (h: MsgHdrs): string[] => new TextDecoder().decode((h as MsgHdrsImpl).encode()).split("\r\n");

/** Every header with all its values, as a requester of the dialect receives them. */
export const record = (h: MsgHdrs | undefined): Record<string, string[]> => Object.fromEntries(h ?? []);

const java = { "message.type": ["java.lang.String"] };

/** The headers of a reply to `id`, of each dialect by its name. A failed reply has the error headers of ADR-32 beside them. */
export const ownReplyHeaders: Record<string, (id: string, status: string) => Record<string, string[]>> = {
  kit: (id, status) => ({ "Request-Id": [id], "Reply-Status": [status] }),
  "nestjs-jetstream": (id, status) => ({ "x-correlation-id": [id], ...(status !== "ok" && { "x-error": ["true"] }) }),
  "nestjs-jetstream-1": (id) => ({ "correlation-id": [id] }),
  quarkus: (id) => ({ REPLY_CORRELATION_ID: [id], ...java }),
  "quarkus-message": (id) => ({ "message.correlation-id": [id], ...java }),
  trial: () => ({}),
  core: () => ({}),
};
