// Counts: how many requests and replies a history has, as numbers and in words.
import type { HistoryEvent } from "./event.js";
import type { Counts } from "./result.js";
import { ofType, requestsWith, storedReplies } from "./select.js";

/**
 * - `requested`, `stored`: distinct requests; a retry under the same id is the same request.
 * - `executed`: executions, so that 3 of 2 requests show a duplicate.
 * - `replied`: replies that responders recorded, and stored ones found by reading whose responder was killed before it recorded them.
 * - `collected`: distinct requests whose reply reached a requester, at once, late or from the mailbox.
 */
export function counts(events: readonly HistoryEvent[]): Counts {
  return {
    requested: requestsWith(events, "requested", "published-request").size,
    stored: requestsWith(events, "stored", "published-request", "puback-received").size,
    executed: events.filter((event) => event.type === "executed").length,
    replied: events.filter((event) => event.type === "replied").length + unreportedReplies(events),
    collected: requestsWith(events, "received", "collected").size,
  };
}

function unreportedReplies(events: readonly HistoryEvent[]): number {
  const key = (reply: { request: string; sequence?: number }) => `${reply.sequence} ${reply.request}`;
  const reported = new Set(ofType(events, "replied").map(key));
  return (storedReplies(events) ?? []).filter((reply) => !reported.has(key(reply))).length;
}

/** The words for people, in the order of a request's way. `collected` counts every reply that reached its requester, also at once: it arrived. */
export const countWords: Readonly<Record<keyof Counts, string>> = {
  requested: "requested",
  stored: "stored",
  executed: "executed",
  replied: "replied",
  collected: "arrived",
};

export const counted = (counts: Counts): [word: string, n: number][] =>
  (Object.keys(countWords) as (keyof Counts)[]).map((name) => [countWords[name], counts[name]]);

export const countsText = (counts: Counts): string =>
  counted(counts)
    .map(([word, n]) => `${n} ${word}`)
    .join(", ");
