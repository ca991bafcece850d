// What a caller may say about a responder.

import { InvalidInputError } from "../protocol/errors.js";
import type { Observe, ResponderEvent } from "../protocol/events.js";
import type { ReplyAddresses } from "../protocol/subjects.js";
import type { Menu, RetryOptions } from "./handlers.js";

export interface ResponderOptions {
  /** For events and logs. Responders that share the consumer share its work. */
  name: string;
  /**
   * While a handler runs, its request is kept from being delivered again, however long it takes: a handler that may hang
   * needs a time-out of its own (`drain({ timeoutMs })` ends its request here, not the handler).
   */
  menu?: Menu;
  /** An order that is not on the menu is terminated; `tell` (default) also stores a `rejected` reply. */
  unmatched?: "tell" | "silent";
  /** Handlers at work at the same time. Default 16. */
  concurrency?: number;
  /**
   * Most requests in hand, those at work included. Default: the concurrency. Fewer where handlers take so long that those behind
   * them would wait for more than half of `ack_wait`.
   */
  prefetch?: number;
  /** Where replies may go besides the mailboxes. An address that is not allowed ends its request: it is terminated. */
  replyAddresses?: ReplyAddresses;
  /** Pauses between the attempts of a handler that throws `RetryLaterError`. Default 100 ms, doubled each time, up to 30 s. */
  retry?: RetryOptions;
  /**
   * Attempts per request, every delivery counted. Default: the consumer's `max_deliver`; the smaller one holds. After the
   * last the request becomes a dead letter in DEAD_LETTERS, and its requester is told `dead-lettered`.
   */
  maxAttempts?: number;
  /**
   * Milliseconds that an ack may wait for others before they are sent together; default 5, 0 for at once. After a crash
   * within that time a request whose reply is stored is found answered, and one that was answered to an inbox is
   * executed again. Never more than a twentieth of `ack_wait`, and never more acks than half of `prefetch`.
   */
  ackDelayMs?: number;
  /** The durable consumer. Default `responder`. */
  consumer?: string;
  /** What the responder's own inboxes begin with. Default: the connection's `inboxPrefix`, else `_INBOX`. */
  inboxPrefix?: string;
  observe?: Observe<ResponderEvent>;
}

/** @throws InvalidInputError when one is out of its range. */
export function requireCounts(options: ResponderOptions): { concurrency: number; prefetch: number } {
  const concurrency = requireCount("concurrency", options.concurrency ?? 16, 1, 10_000);
  const prefetch = requireCount("prefetch", options.prefetch ?? concurrency, 1, 20_000);
  if (prefetch < concurrency) {
    throw new InvalidInputError(
      `Expected the prefetch to be at least the concurrency, ${concurrency}, got ${prefetch}: lower the concurrency, too.`,
    );
  }
  if (options.maxAttempts !== undefined) requireCount("maxAttempts", options.maxAttempts, 1, 1_000_000);
  return { concurrency, prefetch };
}

/** @throws InvalidInputError when it is out of its range. */
export function requireAckDelay(ms = 0): void {
  if (ms >= 0 && ms <= 1_000) return;
  throw new InvalidInputError(`Expected ackDelayMs to be 0 to 1000 milliseconds, got ${ms}.`);
}

function requireCount(what: string, n: number, least: number, most: number): number {
  if (Number.isInteger(n) && n >= least && n <= most) return n;
  throw new InvalidInputError(
    `Expected the ${what} to be a whole number from ${least} to ${most}, got ${n}.`,
  );
}

/** `setTimeout` counts milliseconds in 31 bits. */
export const longestTimerMs = 2_147_483_647;
