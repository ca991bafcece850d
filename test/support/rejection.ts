// Errors of calls that have to fail: a call that resolves fails the test.
import { expect } from "vitest";
import { RequestTimeoutError } from "../../src/index.js";

/** What a promise rejects with. */
export const rejection = <E = Error>(promise: Promise<unknown>): Promise<E> =>
  promise.then(
    (value) => expect.fail(`it resolved with ${JSON.stringify(value)}`),
    (error) => error,
  );

/** The error of a call that times out. */
export async function timedOut(call: Promise<unknown>): Promise<RequestTimeoutError> {
  const error = await rejection<RequestTimeoutError>(call);
  expect(error).toBeInstanceOf(RequestTimeoutError);
  return error;
}
