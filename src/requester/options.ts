// What a caller may say about a requester and about one request.
import type { Observe, RequesterEvent } from "../history/event.js";
import type { ReplyStrategy } from "../history/strategies.js";
import { InvalidInput } from "../protocol/errors.js";

export interface RequesterOptions {
  /** Names the mailbox; whoever uses the same name can collect its replies. */
  name: string;
  /**
   * `mailbox` (default) stores the reply until it is collected; `inbox` needs the requester to be alive. The others are
   * there to be compared; `kv` and `shared` need streams of their own (`planSetup({ strategies })`).
   */
  reply?: ReplyStrategy;
  /** Milliseconds until a call gives up; the request stays queued. Default 5000. */
  timeoutMs?: number;
  /** First token of the requester's own inbox, where the account allows only some. Default `_INBOX`. */
  inboxPrefix?: string;
  observe?: Observe<RequesterEvent>;
}

export interface RequestOptions {
  /** Also the deduplication key: the same id within the stream's `duplicate_window` is stored once. Default: unique. */
  id?: string;
  timeoutMs?: number;
  /** A name for this request in the events. */
  as?: string;
}

/** `setTimeout` counts milliseconds in 31 bits. */
export function requireTimeout(ms: number): number {
  if (ms > 0 && ms <= 2_147_483_647) return ms;
  throw new InvalidInput(`Expected the time-out to be 1 to 2147483647 milliseconds, got ${ms}.`);
}
