// A publish for the hot path: protocol line, headers and payload leave as one piece of text that is turned into bytes
// once. The client's own publish makes an array of bytes of each part, and looks through the subjects for spaces.

import type { MsgHdrs, NatsConnection } from "@nats-io/nats-core";
import { InvalidInput } from "../protocol/errors.js";
import { headerText } from "../protocol/headers.js";

/** The client's own insides (nats-core 3.4); where they are otherwise, messages are published the client's way. */
interface Protocol {
  sendCommand?(bytes: Uint8Array, ...more: Uint8Array[]): void;
  noMorePublishing?: boolean;
  info?: { headers?: boolean; max_payload: number };
  outMsgs: number;
  outBytes: number;
}

const protocolOf = (nc: NatsConnection) => (nc as unknown as { protocol?: Protocol }).protocol;

const crlf = Buffer.from("\r\n");

/**
 * Publishes to a subject that is known to be one: without spaces and wildcards. In order with all else that is
 * published on the connection.
 * @throws InvalidInput for a payload that is neither text nor bytes, and what the client's publish throws: the connection is
 * closed or draining, the message is too large.
 */
export function quickPublish(
  nc: NatsConnection,
  subject: string,
  payload: string | Uint8Array,
  headers?: MsgHdrs,
  reply?: string,
): void {
  // Its length in the protocol line would be wrong, and the server would hang up on everything that is under way.
  if (typeof payload !== "string" && !isBytes(payload)) throw new InvalidInput(noPayload(payload));
  const head = headers ? headerText(headers) : "";
  if (head !== undefined && sent(nc, subject, payload, head, reply)) return;
  const options = { ...(headers ? { headers } : {}), ...(reply ? { reply } : {}) };
  nc.publish(subject, payload, options);
}

/** Bytes of another realm (a test runner's) are no instance of this one's class. */
const isBytes = (payload: unknown): boolean =>
  payload instanceof Uint8Array || Object.prototype.toString.call(payload) === "[object Uint8Array]";

const noPayload = (payload: unknown) =>
  `Expected the payload to be text or bytes (Uint8Array), got ${payload === null ? "null" : Object.prototype.toString.call(payload).slice(8, -1)}.`;

function sent(
  nc: NatsConnection,
  subject: string,
  payload: string | Uint8Array,
  head: string,
  reply = "",
): boolean {
  const protocol = protocolOf(nc);
  const size = head.length + payload.length;
  // What the client refuses, it says itself.
  if (!protocol?.sendCommand || !protocol.info || protocol.noMorePublishing || nc.isClosed()) return false;
  if (size > protocol.info.max_payload || (head && !protocol.info.headers)) return false;
  const lengths = head ? `${head.length} ${size}` : `${size}`;
  const to = reply ? `${subject} ${reply}` : subject;
  const line = `${head ? "HPUB" : "PUB"} ${to} ${lengths}\r\n${head}`;
  const text = typeof payload === "string" ? `${line}${payload}\r\n` : line;
  const bytes = Buffer.from(text);
  if (bytes.length !== text.length) return false; // not all ASCII: the lengths in the line would be wrong
  protocol.outMsgs++;
  protocol.outBytes += size;
  if (typeof payload === "string") protocol.sendCommand(bytes);
  else protocol.sendCommand(bytes, payload, crlf);
  return true;
}

/** The same short payload, plain ASCII, to each of these subjects. @throws as `quickPublish` does. */
export function quickPublishToAll(nc: NatsConnection, subjects: readonly string[], payload: string): void {
  const protocol = protocolOf(nc);
  const size = payload.length;
  let text = "";
  for (const subject of subjects) text += `PUB ${subject} ${size}\r\n${payload}\r\n`;
  if (!protocol?.sendCommand || protocol.noMorePublishing || nc.isClosed()) {
    for (const subject of subjects) nc.publish(subject, payload);
    return;
  }
  protocol.outMsgs += subjects.length;
  protocol.outBytes += subjects.length * size;
  protocol.sendCommand(Buffer.from(text));
}
