// Every request with a PubAck is still in the stream at the end, or came to an end of its own. Without a PubAck
// nobody promised anything: such a request is not known to be stored, and is not counted as lost.
import type { HistoryEvent } from "../event.js";
import { count, ofType, requestsLeft, requestsWith, storedReplies } from "../select.js";
import { type Check, held, unknown, violated } from "./check.js";

export const noLostRequests: Check = (history) => {
  const stored = [...requestsWith(history, "stored")];
  if (stored.length === 0) return unknown("no request was stored, so there is nothing to judge");
  const readings = requestsLeft(history);
  if (readings.length === 0) return unknown("the request stream was not read at the end", stored);

  const left = new Set(readings.flatMap((reading) => reading.requests));
  const over = ended(history);
  const lost = stored.filter((request) => !left.has(request) && !over.has(request));
  if (lost.length > 0) {
    return violated(
      `${lost.length} of ${count(stored.length, "stored request")} vanished without an end`,
      lost,
    );
  }
  const queued = stored.filter((request) => left.has(request)).length;
  return held(
    `of ${count(stored.length, "stored request")}, ${stored.length - queued} ended and ${queued} stayed queued`,
  );
};

/** An ack alone is no end: a request that was acked without a reply is lost to its requester. */
function ended(history: readonly HistoryEvent[]): Set<string> {
  const replied = requestsWith(history, "replied", "reply-refused", "received", "collected");
  const found = (storedReplies(history) ?? []).map((reply) => reply.request);
  const removed = ofType(history, "timed-out", "withdrawn").filter((event) => event.withdrawn === "removed");
  return new Set([
    ...replied,
    ...requestsWith(history, "terminated", "removed"),
    ...removed.map((event) => event.request),
    ...found,
  ]);
}
