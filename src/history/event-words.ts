// The words that events are told in: how a request ended, where it is, what became of it.
import type { ReplyStrategy } from "./strategies.js";

/** How a request ended, as the reply itself says it (header `Reply-Ending`). */
export type Ending = "ok" | "error" | "rejected" | "expired" | "cancelled" | "dead-lettered";

/** How a reply finds its requester. `core` is plain NATS request-reply, with nothing stored. */
export type Strategy = ReplyStrategy | "core";

/**
 * Where a timed-out request is, as far as the server could be asked. stuck: still in the stream, and never to be delivered again
 * (`max_deliver`).
 */
export const whereaboutsWords = [
  "queued",
  "running",
  "stuck",
  "replied",
  "ended",
  "gone",
  "unknown",
] as const;
export type Whereabouts = (typeof whereaboutsWords)[number];

/**
 * What became of a request that was to be withdrawn. removed: no responder ever got it. already-running: a responder
 * has it, or had it. stuck: it was delivered as often as is allowed, and will not be again. already-answered: its reply is
 * stored.
 */
export type Withdrawn = "removed" | "already-running" | "stuck" | "already-answered" | "unknown";

/**
 * What ends several replies. last: the reply itself. missing-part: one of its parts is nowhere to be had. maximum: as many
 * as were wanted have come. Of a core request also sentinel (the end mark), stall (a pause that was too long) and timeout.
 */
export const repliesEnds = ["last", "missing-part", "maximum", "sentinel", "stall", "timeout"] as const;
export type RepliesEnd = (typeof repliesEnds)[number];
