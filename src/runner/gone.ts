// Streams and consumers of a run that a fault took away for good: what is gone holds nothing.

/** The server's error codes for a stream and for a consumer that it does not know. */
const notFound = [10059, 10014];

/** What `read` gives; `nothing` where the stream or the consumer is gone. @throws everything else. */
export async function orGone<T, N>(read: Promise<T>, nothing: N): Promise<T | N> {
  try {
    return await read;
  } catch (error) {
    if (notFound.includes((error as { code?: number }).code ?? 0)) return nothing;
    throw error;
  }
}
