// Demo messages: what the demo's process and its page send to each other, and the names that both use.
import type { HistoryEvent } from "../history/event.js";

/** The strategies of the page, each by a requester of its own. */
export const requesters = { mailbox: "alice", inbox: "alice-inbox" } as const;

/** A responder can be started under each of these names; the last two need two seconds for an order. */
export const responders = ["bob", "bea", "ben", "bill", "slow-sid", "slow-sue"] as const;

/** No responder has a handler for it. */
export const unmatchedOrder = "order-tea";

export const slowWork = "2s";

/** Milliseconds until the page's requests time out. */
export const timeoutMs = 3_000;

/** How many messages each stream holds; null while the server does not answer. */
export type Depths = Record<string, number> | null;

/** The page's connection; on an own server its user may do what docs/permissions.md allows alice. */
export interface PageConnection {
  servers: string;
  user?: string;
  pass?: string;
  inboxPrefix: string;
}

/** One server-sent event. `snapshot`: everything until now, at the beginning of the stream. */
export interface Message {
  snapshot?: readonly HistoryEvent[];
  events?: readonly HistoryEvent[];
  depths?: Depths;
  /** With the snapshot: the server runs without the demo, so its processes have no buttons. */
  isExternal?: boolean;
}
