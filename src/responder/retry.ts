// Retries: the error of a handler that may pass, and the delay before the next attempt.
import { checkOptions, type OptionNames } from "../protocol/check-options.js";
import { InvalidInputError } from "../protocol/errors.js";

/** Pauses between the attempts of a handler that throws `RetryLaterError`. */
export interface RetryOptions {
  /** Milliseconds before the second attempt; the pause doubles with each further one. Default 100. */
  firstMs?: number;
  /** The longest pause in milliseconds. Default 30,000. */
  mostMs?: number;
}

const retryOptionNames = { firstMs: true, mostMs: true } satisfies OptionNames<RetryOptions>;

/**
 * A failure that may pass. The request is NAKed and delivered again, up to the consumer's limit or the responder's
 * `maxAttempts`. After the last attempt it becomes a dead letter.
 *
 * @example
 * throw new RetryLaterError("the oven is cold", { delayMs: 5_000 });
 */
export class RetryLaterError extends Error {
  override readonly name = "RetryLaterError";
  /** Milliseconds until the next attempt; absent if the responder's `retry` decides. */
  readonly delayMs?: number;

  /** @throws InvalidInputError when `delayMs` is no number of milliseconds from 0 to a day. */
  constructor(reason: string, options: ErrorOptions & { delayMs?: number } = {}) {
    const { delayMs, ...cause } = checkOptions("RetryLaterError", options, { delayMs: true, cause: true });
    super(reason, cause);
    if (delayMs !== undefined) this.delayMs = requireDelay("delayMs", delayMs);
  }
}

const longestMs = 24 * 60 * 60 * 1000;

function requireDelay(what: string, ms: number): number {
  if (ms >= 0 && ms <= longestMs) return Math.round(ms);
  throw new InvalidInputError(`Expected ${what} to be 0 to ${longestMs} milliseconds, got ${ms}.`);
}

/** Milliseconds to wait after attempt number `deliveryCount`, counted from 1. */
export type Backoff = (deliveryCount: number) => number;

/** @throws InvalidInputError when a pause is no number of milliseconds from 0 to a day. */
export function backoff(options: RetryOptions = {}): Backoff {
  const { firstMs = 100, mostMs = 30_000 } = checkOptions("Responder.start, retry,", options, retryOptionNames);
  requireDelay("retry.firstMs", firstMs);
  requireDelay("retry.mostMs", mostMs);
  return (deliveryCount) => Math.round(Math.min(mostMs, firstMs * 2 ** (deliveryCount - 1)));
}
