// Streams and consumers that are gone, because a fault took them away for good: what is gone holds nothing.
import { JetStreamApiCodes, JetStreamApiError } from "@nats-io/jetstream";

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
