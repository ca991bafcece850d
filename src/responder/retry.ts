// Errors that pass: the request is given back, and comes again later, each time after a longer pause.
import { InvalidInput } from "../protocol/errors.js";

export interface RetryOptions {
  /** Milliseconds before the second attempt; it doubles with each further one. Default 100. */
  firstMs?: number;
  /** The longest pause in milliseconds. Default 30,000. */
  mostMs?: number;
}

/**
 * Thrown by a handler whose failure may pass: the request is given back and delivered again, up to the consumer's
 * `max_deliver` or the responder's `maxAttempts`; after the last attempt it becomes a dead letter.
 * Any other error ends the request at once with the ending `error`.
 */
export class RetryLater extends Error {
  override readonly name = "RetryLater";
  /** Milliseconds until the next attempt; without it the responder's `retry` says. */
  readonly delayMs?: number;

  /** @throws InvalidInput when `delayMs` is no number of milliseconds from 0 to a day. */
  constructor(reason: string, { delayMs, ...options }: ErrorOptions & { delayMs?: number } = {}) {
    super(reason, options);
    if (delayMs !== undefined) this.delayMs = requireDelay("delayMs", delayMs);
  }
}

const longestMs = 24 * 60 * 60 * 1000;

function requireDelay(what: string, ms: number): number {
  if (ms >= 0 && ms <= longestMs) return Math.round(ms);
  throw new InvalidInput(`Expected ${what} to be 0 to ${longestMs} milliseconds, got ${ms}.`);
}

/** Milliseconds to wait after attempt number `delivery`, counted from 1. */
export type Backoff = (delivery: number) => number;

/** @throws InvalidInput when a pause is no number of milliseconds from 0 to a day. */
export function backoff({ firstMs = 100, mostMs = 30_000 }: RetryOptions = {}): Backoff {
  requireDelay("retry.firstMs", firstMs);
  requireDelay("retry.mostMs", mostMs);
  return (delivery) => Math.round(Math.min(mostMs, firstMs * 2 ** (delivery - 1)));
}
