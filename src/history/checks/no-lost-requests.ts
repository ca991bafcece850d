// No lost requests: every request with a PubAck is still in the stream at the end, or came to an end of its own.
import { count } from "../../common/plural.js";
import type { HistoryEvent } from "../event.js";
import { type Invocation, invocations, ofFate } from "../operations.js";
import { ofType, replays, requestsLeft, requestsWith, storedReplies, withoutReplaced } from "../select.js";
import { type Check, held, inconclusive, violated } from "./check.js";

export const noLostRequests: Check = {
  promise: "Every request with a PubAck has ended, or is still in the request stream at the end.",
  violated:
    "A stored request is not in the stream, and was not replied to, terminated, removed or withdrawn. An " +
    "ack alone is no end. A replayed request needs a second end. A request without a PubAck may be " +
    "absent.",
  inconclusive: "No request is known to be stored. Or the request stream was not read at the end.",
  reads: ["requests-read", "replies-read"],
  absence: true,
  judge: (history) => {
    const known = invocations(history);
    const stored = ofFate(known, "stored").filter((request) => !isCore(known.get(request)));
    if (stored.length === 0) return inconclusive("no request is known to be stored, so there is nothing to judge");
    const readings = requestsLeft(history);
    if (readings.length === 0) return inconclusive("the request stream was not read at the end", stored);

    const left = new Set(readings.flatMap((reading) => reading.requests));
    const over = ended(history);
    const lost = stored.filter((request) => !left.has(request) && !over.has(request));
    if (lost.length > 0) {
      return violated(`${lost.length} of ${count(stored.length, "stored request")} vanished without an end`, lost);
    }
    const queued = stored.filter((request) => left.has(request)).length;
    const open = ofFate(known, "unknown").length;
    const more = open > 0 ? `; for ${open} more it is unknown whether the stream stored them` : "";
    return held(
      `of ${count(stored.length, "stored request")}, ${stored.length - queued} ended and ${queued} stayed queued${more}`,
    );
  },
};

/** One that a stream captured by mistake was never meant to be queued. */
const isCore = (one: Invocation | undefined) => one?.sent.some((event) => event.strategy === "core");

/** A refused reply is no end, either: the one that was first is found by reading. An ack alone is no end: a request that was acked without a reply is lost to its requester. */
function ended(history: readonly HistoryEvent[]): Set<string> {
  const again = replays(history);
  const replied = withoutReplaced(ofType(history, "replied"), history);
  const arrived = ofType(history, "received", "collected").filter(
    ({ request, status }) => status !== "dead-lettered" || !again.has(request),
  );
  // Of a replayed one each dead letter was terminated, too.
  const terminated = ofType(history, "terminated").filter(({ request }) => {
    const n = again.get(request) ?? 0;
    again.set(request, n - 1);
    return n <= 0;
  });
  const found = (storedReplies(history) ?? []).map((reply) => reply.request);
  const removed = ofType(history, "timed-out", "withdrawn").filter((event) => event.withdrawn === "removed");
  return new Set([
    ...requestsWith(history, "removed"),
    ...[...replied, ...arrived, ...terminated, ...removed].map((event) => event.request),
    ...found,
  ]);
}
