// A publish for the hot path: the client's own, with the payload checked before. The client joins protocol line, headers and
// payload in memory that holds nothing else; a transport may send the whole memory behind what it gets (a websocket does).
import type { MsgHdrs, NatsConnection, PublishOptions } from "@nats-io/nats-core";
import { InvalidInputError } from "../protocol/errors.js";

/**
 * Publishes in order with all else that is published on the connection.
 * @throws InvalidInputError for a payload that is neither text nor bytes, and what the client's publish throws: the connection is
 * closed or draining, the message is too large.
 */
export function quickPublish(
  nc: NatsConnection,
  subject: string,
  payload: string | Uint8Array,
  headers?: MsgHdrs,
  reply?: string,
): void {
  nc.publish(subject, asPayload(payload), { headers, reply } as PublishOptions);
}

/** Bytes of another realm (a test runner's) are no instance of this one's class, and the client would refuse them. */
function asPayload(payload: string | Uint8Array): string | Uint8Array {
  if (typeof payload === "string" || payload instanceof Uint8Array) return payload;
  if (Object.prototype.toString.call(payload) !== "[object Uint8Array]") {
    throw new InvalidInputError(noPayload(payload));
  }
  const { buffer, byteOffset, length } = payload as Uint8Array;
  return new Uint8Array(buffer, byteOffset, length);
}

const noPayload = (payload: unknown) =>
  `Expected the payload to be text or bytes (Uint8Array), got ${payload === null ? "null" : Object.prototype.toString.call(payload).slice(8, -1)}.`;

/** The same payload to each of these subjects. @throws as the client's publish does. */
export function quickPublishToAll(
  nc: NatsConnection,
  subjects: readonly string[],
  payload: string | Uint8Array,
): void {
  for (const subject of subjects) nc.publish(subject, payload);
}
