// Waits until the streams of a run answer again after their servers were away: until each has a leader.
import type { JetStreamManager } from "@nats-io/jetstream";

/** No event tells that a leader was elected while the laboratory was cut off, so they are asked. */
const pollMs = 50;
const answerMs = 30_000;
/** The server's error code: a fault may have taken the stream away for good. */
const streamNotFound = 10059;

/** @throws where one does not within 30 s, with its last words. */
export async function streamsAnswer(jsm: JetStreamManager, streams: readonly string[]): Promise<void> {
  const deadline = performance.now() + answerMs;
  for (const stream of streams) {
    while (!(await answers(jsm, stream, deadline))) {
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }
}

async function answers(jsm: JetStreamManager, stream: string, deadline: number): Promise<boolean> {
  try {
    const { cluster } = await jsm.streams.info(stream);
    if (cluster === undefined || cluster.leader) return true;
  } catch (error) {
    if ((error as { code?: number }).code === streamNotFound) return true;
    if (performance.now() > deadline) throw error;
  }
  return false;
}
