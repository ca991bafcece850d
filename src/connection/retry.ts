// Retry: repeats questions to a server until each has its answer. After a restart a cluster accepts clients seconds before its streams
// have leaders, and sends no event when they have (docs/server-versions.md).
import { wait } from "../common/wait.js";
import { ClosedError, ForeignReplyError, InvalidInputError, NotPermittedError } from "../protocol/errors.js";

/** A question to the server. Rejects when there is no answer. */
export type Ask = () => Promise<unknown>;

/** Questions at a time: thousands of requests may be pending, and each question is a round trip. */
const atOnce = 64;

/** Milliseconds until questions without an answer are repeated: at first, and at most. */
const pauseMs = { first: 100, longest: 5_000 };

/**
 * Repeats the questions until each has an answer or a final error (not permitted, closed, another client's message), or until `over`
 * returns true. Never rejects. If the server does not answer, at most 64 questions wait for it at a time.
 */
export async function retryUntilAnswered(asks: readonly Ask[], over: () => boolean): Promise<void> {
  let left = asks;
  for (let pause = pauseMs.first; ; pause = Math.min(pause * 2, pauseMs.longest)) {
    left = await once(left, over);
    if (left.length === 0 || over()) return;
    await wait(pause, { ref: false });
    if (over()) return;
  }
}

/** @returns the questions without an answer, and those that were held back because others had none. */
async function once(asks: readonly Ask[], over: () => boolean): Promise<Ask[]> {
  const open = asks.values();
  const unanswered: Ask[] = [];
  const worker = async () => {
    for (const ask of open) {
      if (over()) return;
      const error = await ask().then(
        () => undefined,
        (error: unknown) => error,
      );
      if (error === undefined || isFinal(error)) continue;
      unanswered.push(ask);
      return;
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, asks.length) }, worker));
  return [...unanswered, ...open];
}

/**
 * What `ask` resolves to. While it rejects with what `passes`, it is repeated, for `waitMs` milliseconds.
 * @throws the last error of `ask`.
 */
export async function retryFor<T>(
  waitMs: number,
  ask: () => Promise<T>,
  passes: (error: unknown) => boolean,
): Promise<T> {
  const until = performance.now() + waitMs;
  for (let pause = pauseMs.first; ; pause = Math.min(pause * 2, longestWaitPauseMs)) {
    try {
      return await ask();
    } catch (error) {
      const left = until - performance.now();
      if (left <= 0 || !passes(error)) throw error;
      await wait(Math.min(pause, left));
    }
  }
}

/** Milliseconds: what is waited for is often there after a second or two. */
const longestWaitPauseMs = 1_000;

/** An error that would be the same when the question is repeated. */
export const isFinal = (error: unknown): boolean =>
  [ClosedError, ForeignReplyError, InvalidInputError, NotPermittedError].some((kind) => error instanceof kind);
