// Questions to a server that may not be able to answer yet: repeated until each has its answer. After a restart a cluster lets
// clients in seconds before its streams have leaders (5 to 10 s on three nodes of 2.14.0: silence, or status 503), and tells
// nobody when they have.

import { setTimeout as passed } from "node:timers/promises";
import { ClosedError, ForeignReplyError, InvalidInputError, NotPermittedError } from "../protocol/errors.js";

/** Rejects where there is no answer. */
export type Ask = () => Promise<unknown>;

/** Several at a time: thousands of calls may be waiting, and each look is a round trip. */
const atOnce = 64;

/** Milliseconds until those without an answer are asked once more: at first, and at most. */
const pauseMs = { first: 100, longest: 5_000 };

/**
 * Asks until every question has its answer, or one that is for good (not permitted, closed, somebody else's message), or is
 * `over`. Never rejects. Where the server does not answer, no more than 64 wait for it at a time.
 */
export async function repeated(asks: readonly Ask[], over: () => boolean): Promise<void> {
  let left = asks;
  for (let pause = pauseMs.first; ; pause = Math.min(pause * 2, pauseMs.longest)) {
    left = await once(left, over);
    if (left.length === 0 || over()) return;
    await passed(pause, undefined, { ref: false });
    if (over()) return;
  }
}

/** @returns those that had no answer, or were not asked because others had none. */
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
      if (error === undefined || isForGood(error)) continue;
      unanswered.push(ask);
      return;
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, asks.length) }, worker));
  return [...unanswered, ...open];
}

/** An answer of its own: asking again would give the same. */
export const isForGood = (error: unknown): boolean =>
  [ClosedError, ForeignReplyError, InvalidInputError, NotPermittedError].some(
    (kind) => error instanceof kind,
  );
