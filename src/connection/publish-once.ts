// One message into a stream, now and then: for what is too rare to keep a subscription for, as confirmed-publisher.ts does.
import type { MsgHdrs, NatsConnection } from "@nats-io/nats-core";
import { type KitError, NoResponders } from "../protocol/errors.js";
import { noStreamTakes, type PubAck, readPubAck } from "../protocol/pub-ack.js";
import { fromClientError } from "../protocol/server-error.js";
import { pubAckMs } from "./confirmed-publisher.js";

/**
 * Where the message stands, or why that is not known. Never rejects, also where the connection is closed by now: AlreadyStored,
 * StreamFull, NotSetUp, NoAnswer (after 5 s), InvalidInput, Closed and the server's other errors.
 */
export async function publishOnce(
  nc: NatsConnection,
  to: string,
  payload: string | Uint8Array,
  headers: MsgHdrs,
): Promise<PubAck | KitError> {
  try {
    return readPubAck(await nc.request(to, payload, { headers, timeout: pubAckMs }), to);
  } catch (error) {
    const told = fromClientError(`publish to ${to}`, error);
    if (!(told instanceof NoResponders)) return told;
    return noStreamTakes(to, error);
  }
}
