// What a sender sent, and whose PubAck was lost in a break: looked for in the queue.
import type { NatsConnection } from "@nats-io/nats-core";
import { type ConfirmedPublisher, pubAckMs } from "../connection/confirmed-publisher.js";
import { requestStream } from "../protocol/names.js";
import { repeated } from "./repeated.js";
import { findUnconfirmed } from "./unconfirmed.js";

/**
 * Confirms what the stream holds. Where that may not be read, nothing is confirmed. Never rejects.
 * @param lastStored the sequence of the latest request that is known to be stored: those on their way come behind it.
 */
export async function findSent(
  nc: NatsConnection,
  publisher: ConfirmedPublisher,
  lastStored: number,
  over: () => boolean,
): Promise<void> {
  // A publish ends after a few seconds, found or not; others may be on their way by then, and have their PubAcks.
  const end = performance.now() + pubAckMs;
  const done = () => over() || publisher.waiting === 0 || performance.now() >= end;
  const asks = [...publisher.named()].map(([subject, names]) => () => {
    const where = { subject, from: lastStored + 1, wanted: new Set(names.keys()), over: done };
    return findUnconfirmed(nc, where, (id, sequence) =>
      names.get(id)?.({ stream: requestStream, sequence, duplicate: false }),
    );
  });
  await repeated(asks, done);
}
