// What a caller may say about a requester and about one request.

import { type OnTimeout, timeOutPolicies } from "../protocol/cancel.js";
import { InvalidInputError } from "../protocol/errors.js";
import type { Observe } from "../protocol/events.js";
import { type ReplyStrategy, type RequesterEvent, replyStrategies } from "../protocol/events.js";
import type { Reply } from "../protocol/messages.js";
import { quote } from "../protocol/subjects.js";
import type { Handle } from "./handle.js";

export interface RequesterOptions {
  /** Names the mailbox; whoever uses the same name can collect its replies. */
  name: string;
  /**
   * `mailbox` (default) stores the reply until it is collected; `inbox` needs the requester to be alive. The others are
   * there to be compared; `kv` and `shared` need streams of their own (`setup(nc, { strategies })`).
   */
  reply?: ReplyStrategy;
  /** Milliseconds until a call gives up. Default 5000. */
  timeoutMs?: number;
  /** What becomes of a request when its call gives up. Default `keep`. */
  onTimeout?: OnTimeout;
  /**
   * Most calls that wait for their reply at a time, 1 to 100,000. Further ones wait for their turn, and are sent when a call
   * before them has ended; their time-out begins when they are sent. Default: no bound.
   */
  maxOutstanding?: number;
  /** With `maxOutstanding`: most calls that wait for their turn; beyond, TooManyOutstandingError. Default 100,000. Both are told as events. */
  maxWaiting?: number;
  /** A reply to a call that gave up before; without it such a reply is only told as an event. It stays stored. */
  onLateReply?(reply: Reply, handle: Handle): void;
  /** What the requester's own inbox begins with. Default: the connection's `inboxPrefix`, else `_INBOX`. */
  inboxPrefix?: string;
  observe?: Observe<RequesterEvent>;
}

export interface RequestOptions {
  /** Also the deduplication key: the same id within the stream's `duplicate_window` is stored once. Default: unique. */
  id?: string;
  timeoutMs?: number;
  /** Default: the requester's. */
  onTimeout?: OnTimeout;
  /**
   * With `maxOutstanding`: ends the waiting for a turn, and nothing was sent; the call rejects with the signal's reason. Once it
   * is sent a request is not called back this way: see `onTimeout` and `cancelRequest`.
   */
  signal?: AbortSignal;
  /** A name for this request in the events. */
  as?: string;
}

/** `setTimeout` counts milliseconds in 31 bits. */
export function requireTimeout(ms: number): number {
  if (ms > 0 && ms <= 2_147_483_647) return ms;
  throw new InvalidInputError(`Expected the time-out to be 1 to 2147483647 milliseconds, got ${ms}.`);
}

/** For callers that the compiler has not seen. */
export function requireStrategy(strategy: ReplyStrategy): ReplyStrategy {
  if (replyStrategies.includes(strategy)) return strategy;
  throw new InvalidInputError(`Expected reply to be ${replyStrategies.join(", ")}, got ${quote(strategy)}.`);
}

/** For callers that the compiler has not seen. */
export function requirePolicy(policy: OnTimeout): OnTimeout {
  if (timeOutPolicies.includes(policy)) return policy;
  throw new InvalidInputError(
    `Expected onTimeout to be ${timeOutPolicies.join(", ")}, got ${quote(String(policy))}.`,
  );
}
