// Waits until JetStream takes streams: in a cluster, until the servers have found each other and elected a leader.
import { type JetStreamManager, StorageType } from "@nats-io/jetstream";

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
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    try {
      const config = { name: probe, subjects: [probe], num_replicas: replicas };
      await jsm.streams.add({ ...config, storage: StorageType.Memory });
      await jsm.streams.delete(probe);
      return;
    } catch (cause) {
      if (performance.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, pollMs));
        continue;
      }
      const why = (cause as Error).message;
      throw new Error(`JetStream with ${replicas} replicas was not ready within ${deadlineMs} ms: ${why}`, {
        cause,
      });
    }
  }
}
