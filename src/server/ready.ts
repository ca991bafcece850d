// Waits until JetStream takes streams: in a cluster, until the servers have found each other and elected a leader.

import { JetStreamApiCodes, JetStreamApiError, type JetStreamManager, StorageType } from "@nats-io/jetstream";
import { until } from "../common/until.js";

/** No event says that a cluster is complete; this is asked again until it is. */
const pollMs = 25;
const probe = "JSRR_READY";

/**
 * Creates a stream with that many replicas, and deletes it again: what is possible once is possible.
 * @throws where it is not within `deadlineMs`, with the server's own last words.
 */
export async function jetStreamReady(
  jsm: JetStreamManager,
  replicas: number,
  deadlineMs = 20_000,
): Promise<void> {
  const config = { name: probe, subjects: [probe], num_replicas: replicas, storage: StorageType.Memory };
  const ask = async () => {
    await jsm.streams.add(config);
    return await jsm.streams.delete(probe);
  };
  const late = `JetStream with ${replicas} replicas was not ready`;
  await until(ask, { everyMs: pollMs, withinMs: deadlineMs, late });
}

// Streams and consumers that are gone, because a fault took them away for good: what is gone holds nothing.

const notFound: number[] = [JetStreamApiCodes.StreamNotFound, JetStreamApiCodes.ConsumerNotFound];

/** What `read` gives; `nothing` where the stream or the consumer is gone. @throws everything else. */
export async function orGone<T, N>(read: Promise<T>, nothing: N): Promise<T | N> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof JetStreamApiError && notFound.includes(error.code)) return nothing;
    throw error;
  }
}
