// Abort listener: calls a function when a signal fires, until the listener is removed.

/** Calls `abort` with the signal's reason when the signal fires. Returns a function that removes the listener. */
export function onAbort(signal: AbortSignal | undefined, abort: (reason: AbortSignal["reason"]) => void): () => void {
  const listener = () => abort(signal?.reason);
  signal?.addEventListener("abort", listener, { once: true });
  return () => signal?.removeEventListener("abort", listener);
}

/** Rejects with what `error` returns when the signal fires. */
export function unlessAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal,
  error: (reason: unknown) => unknown,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const stopListening = onAbort(signal, (reason) => reject(error(reason)));
    promise.then(resolve, reject).finally(stopListening);
  });
}
