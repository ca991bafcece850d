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
