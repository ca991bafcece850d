// User callbacks: calls functions of the user so that their errors reach one place, and never the client or the process.

/**
 * The same callback, which never throws: `onError` receives what it throws, and what a promise that it returns rejects with.
 * Undefined if there is no callback. The callback is not awaited.
 */
export function guardedCallback<A extends unknown[]>(
  callback: (...args: A) => unknown,
  onError: (error: Error) => void,
): (...args: A) => void;
export function guardedCallback<A extends unknown[]>(
  callback: ((...args: A) => unknown) | undefined,
  onError: (error: Error) => void,
): ((...args: A) => void) | undefined;
export function guardedCallback<A extends unknown[]>(
  callback: ((...args: A) => unknown) | undefined,
  onError: (error: Error) => void,
): ((...args: A) => void) | undefined {
  if (!callback) return undefined;
  const failed = (thrown: unknown) => onError(asError(thrown));
  return (...args) => {
    try {
      const returned = callback(...args);
      if (isThenable(returned)) Promise.resolve(returned).then(undefined, failed);
    } catch (thrown) {
      failed(thrown);
    }
  };
}

/**
 * Reports an error that has no caller. In Node it is a warning of the process, which is printed and ends nothing; in a browser it
 * is a warning in the console.
 */
export const warnOf = (what: string) => (error: Error) => {
  const text = `${what}: ${error.message}`;
  if (typeof process === "undefined") console.warn(text, error);
  // An error with a code says all in its message; of another one the place in the user's code matters.
  else process.emitWarning(text, { type: "UserCallbackWarning", detail: "code" in error ? undefined : error.stack });
};

/** Reports the first error only: an observer that fails mostly fails at each event. */
export function onceWarning(what: string): (error: Error) => void {
  const warn = warnOf(what);
  let warned = false;
  return (error) => {
    if (!warned) warn(error);
    warned = true;
  };
}

/**
 * What user code threw, as an Error. JavaScript throws any value: null, a text, or a Proxy and an object whose properties throw
 * when they are read.
 */
export function asError(thrown: unknown): Error {
  try {
    return thrown instanceof Error && typeof thrown.message === "string" ? thrown : new Error(String(thrown));
  } catch {
    return new Error("a value was thrown that cannot be read");
  }
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
