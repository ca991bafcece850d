// JetStream of a started server: when it accepts streams, and reads of streams that a fault may have removed.
import { JetStreamApiCodes, JetStreamApiError, type JetStreamManager, StorageType } from "@nats-io/jetstream";
import { until } from "../common/until.js";

/** There is no event for a complete cluster. */
const pollMs = 25;
const probe = "JSRR_READY";

/**
 * Creates a stream with that many replicas and deletes it again, until both succeed: in a cluster, when the servers have
 * found each other and elected a leader. @throws the server's last error after `deadlineMs`.
 */
export async function jetStreamReady(jsm: JetStreamManager, replicas: number, deadlineMs = 20_000): Promise<void> {
  const config = { name: probe, subjects: [probe], num_replicas: replicas, storage: StorageType.Memory };
  const attempt = async () => {
    await jsm.streams.add(config);
    return await jsm.streams.delete(probe);
  };
  const late = `JetStream with ${replicas} replicas was not ready`;
  await until(attempt, { everyMs: pollMs, withinMs: deadlineMs, late });
}

const notFound: number[] = [JetStreamApiCodes.StreamNotFound, JetStreamApiCodes.ConsumerNotFound];

/** The result of `read`, or `nothing` if the stream or the consumer is gone. @throws every other error. */
export async function orGone<T, N>(read: Promise<T>, nothing: N): Promise<T | N> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof JetStreamApiError && notFound.includes(error.code)) return nothing;
    throw error;
  }
}
