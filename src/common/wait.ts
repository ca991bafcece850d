// Wait: a pause by the platform's own timer, so that the library runs in browsers too.

interface WaitOptions {
  /** Ends the wait early. */
  signal?: AbortSignal;
  /** With `false` the wait does not keep a process alive. A browser has no such processes. */
  ref?: boolean;
}

/** Resolves after `ms` milliseconds. Rejects with the signal's reason. */
export function wait(ms: number, { signal, ref = true }: WaitOptions = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, ms);
    if (!ref) (timer as Partial<NodeJS.Timeout>).unref?.();
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort, { once: true });
  });
}
