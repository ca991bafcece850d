// What can be said about the streams and the consumer, and within which bounds.
import { InvalidInput } from "../protocol/errors.js";
import type { StreamStrategy } from "./strategy-streams.js";

/** All times in milliseconds. */
export interface SetupOptions {
  storage?: "file" | "memory";
  /** Copies of each stream; 3 needs a cluster of at least three servers. Default 1. */
  replicas?: number;
  /** How long a responder may hold a request before it is delivered again. Default 30,000. */
  ackWaitMs?: number;
  /** Deliveries per request before the server stops; -1 (default) for no limit. */
  maxDeliver?: number;
  /** How long a stored reply waits to be collected. Default 24 hours. */
  replyAgeMs?: number;
  /** How long the server remembers a request id (`duplicate_window`), at most `requestAgeMs`. Default 2 minutes. */
  duplicateWindowMs?: number;
  /** Most requests the queue holds; a full queue refuses new ones. Default: no limit. */
  maxRequests?: number;
  /** What a full queue does: refuse the new request (default), or drop the oldest, in silence. */
  discard?: "new" | "old";
  /** A request older than this leaves the queue (`max_age`), also while it is worked on. Default: none does. */
  requestAgeMs?: number;
  /** Most requests delivered and not yet acknowledged, all responders together. Default 1000, the server's. */
  maxAckPending?: number;
  /** Reply strategies to compare with the mailbox that need a stream of their own. Default: none. */
  strategies?: readonly StreamStrategy[];
}

/** The server's own bounds, told before it has created a part. */
const least: Partial<Record<keyof SetupOptions, number>> = {
  replyAgeMs: 100,
  requestAgeMs: 100,
  duplicateWindowMs: 100,
};

/** @throws InvalidInput when one is out of the server's range. */
export function requireOptions(options: SetupOptions): void {
  for (const [name, value] of Object.entries(options)) {
    if (typeof value !== "number") continue;
    const from = least[name as keyof SetupOptions] ?? 1;
    const unlimited = value === -1 && (name === "maxDeliver" || name === "maxRequests");
    if (unlimited || (Number.isSafeInteger(value) && value >= from)) continue;
    throw new InvalidInput(`Expected ${name} to be a whole number from ${from}, got ${value}.`);
  }
  if (options.replicas !== undefined && options.replicas > 5) {
    throw new InvalidInput(`Expected replicas to be 1 to 5 (a nats-server limit), got ${options.replicas}.`);
  }
}
