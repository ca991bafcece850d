// Reads one header, on the responder's hot path.
import type { MsgHdrs } from "@nats-io/nats-core";

interface Mapped {
  headers?: ReadonlyMap<string, readonly string[]>;
}

/**
 * The first value, or undefined when it is absent or empty. `MsgHdrs.get` copies and filters the names of all headers;
 * the map behind it, a public field of the client's `MsgHdrsImpl`, answers in a quarter of the time and allocates nothing.
 */
export function headerValue(headers: MsgHdrs | undefined, name: string): string | undefined {
  if (!headers) return undefined;
  const map = (headers as Mapped).headers;
  return (map instanceof Map ? map.get(name)?.[0] : headers.get(name)) || undefined;
}
