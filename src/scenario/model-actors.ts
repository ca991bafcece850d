// Of the model: who takes part in a scenario, and the streams between them. Their keys in the file are in schema-actors.ts.
import type { Strategy } from "../history/event.js";
import type { OnTimeout } from "../protocol/time-out-policy.js";

export interface StreamSettings {
  storage: "file" | "memory";
  replicas: 1 | 3;
  ackWaitMs: number;
  /** -1: no limit. */
  maxDeliver: number;
  /** The others: absent for the server's, or the kit's, own default. */
  duplicateWindowMs?: number;
  /** Most requests in the queue. */
  maxRequests?: number;
  /** What a full queue does: refuse the new request, or drop the oldest. */
  discard?: "new" | "old";
  /** A request older than this leaves the queue, wherever it is. */
  requestAgeMs?: number;
  /** Most requests delivered and not yet acknowledged, all responders together. */
  maxAckPending?: number;
}

export interface RequesterSettings {
  reply: Strategy;
  timeoutMs: number;
  onTimeout: OnTimeout;
  /** Most calls that wait for their reply; more wait for their turn. Absent: no bound. */
  maxOutstanding?: number;
  /** Most that wait for their turn; more are refused. Absent: the library's own. */
  maxWaiting?: number;
  /** Running when the timeline begins. */
  online: boolean;
}

/** Where a responder may be told to kill itself, at the first delivery of a request. */
export const crashPoints = ["before-handling", "after-part", "after-effect", "after-reply"] as const;
export type CrashPoint = (typeof crashPoints)[number];

/** An order with several replies: its parts, and then the reply, which is the last one. */
export interface SeveralReplies {
  parts: string[];
  reply: string;
}

/** An order whose handler throws this text: the request ends as `error`. */
export interface Failure {
  error: string;
}

/** Options of the kit's own responder, as the library names them; each absent for its default. */
export interface KitOptions {
  maxAttempts?: number;
  /** Milliseconds. */
  retry?: { firstMs?: number; mostMs?: number };
  ackDelayMs?: number;
  replyAddresses?: { allow: string[] };
}

export interface ResponderSettings extends KitOptions {
  /** `plain`: a consume() loop as in most tutorials, for comparison. */
  kind: "kit" | "plain";
  online: boolean;
  /** What an order that is not on the menu gets: a `rejected` reply, or a silent termination. */
  unmatched: "tell" | "silent";
  /** Order to reply. Absent: sandwich, bagel and flatbread. */
  menu?: Record<string, string | SeveralReplies | Failure>;
  /** How many requests are handled at once. */
  concurrency: number;
  /** Most requests asked for or in hand. Absent: the concurrency; for a plain one 100, as the client has it. */
  prefetch?: number;
  /** How many deliveries of each request its handlers fail at, in a way that may pass. */
  fails: number | "always";
  /** How long a handler works before each of its replies, unless its signal fires. Absent: no time. */
  workMs?: number;
  crash?: CrashPoint;
  /** Of a plain one: whether it acknowledges what it has answered. */
  acks: boolean;
}

/** A plain core NATS responder: no stream, no queue. */
export interface ServiceSettings {
  /** May hold `*` tokens, e.g. `greet.*`. */
  subject: string;
  /** May hold `{1}`, `{2}`, ...: tokens of the request's subject, counted from 1. */
  reply: string;
  /** What it answers before that, each an answer of its own. */
  parts?: string[];
  /** How long it works before each of its answers. Absent: no time. */
  workMs?: number;
  online: boolean;
}
