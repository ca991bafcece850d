// No lost replies: every reply that a responder gave is at its requester or in a reply stream.
import { count } from "../../common/plural.js";
import type { HistoryEvent } from "../event.js";
import { type EventOf, ofType, replays, requestIds, storedReplies, withoutReplaced } from "../select.js";
import { type Check, type Finding, held, inconclusive, violated } from "./check.js";

export const noLostReplies: Check = {
  promise: "Every reply of a responder still exists: its requester has it, or a reply stream holds it.",
  violated:
    "No requester received or collected a reply, and the reply streams do not hold it. An inbox reply " +
    "that no requester received is lost. A `dead-lettered` reply that a replay removed is not lost.",
  inconclusive: "No responder replied. Or a reply was stored and the reply stream was not read at the end.",
  reads: ["replies-read"],
  absence: true,
  judge: (history) => {
    const given = withoutReplaced(ofType(history, "replied"), history);
    const kept = storedReplies(history);
    const inStream = new Set(kept?.map((reply) => reply.request));
    const answered = new Set([...given.map((reply) => reply.request), ...inStream]);
    if (answered.size === 0) return allReplaced(history);

    const had = arrived(history, given);
    const missing = given.filter(({ request }) => !had.has(request) && !inStream.has(request));
    // A stored reply can only be missed in a stream that was read.
    const lost = requestIds(missing.filter((reply) => reply.sequence === undefined || kept !== undefined));
    const replies = count(answered.size, "reply", "replies");
    if (lost.length > 0) return violated(`${lost.length} of ${replies} can no longer be had`, lost);
    if (missing.length > 0) return inconclusive("the reply stream was not read at the end", requestIds(missing));
    const waiting = [...answered].filter((request) => !had.has(request)).length;
    return held(`of ${replies}, ${answered.size - waiting} arrived and ${waiting} can be collected`);
  },
};

/** Where replays removed all replies, none was lost. */
function allReplaced(history: readonly HistoryEvent[]): Finding {
  const given = ofType(history, "replied").length;
  if (given === 0) return inconclusive("no responder gave a reply, so there is nothing to judge");
  return held(`of ${count(given, "reply", "replies")}, a replay removed all, and none was lost`);
}

/** The requests whose reply arrived: of a replayed one the reply that stands, and not the one that the replay removed. */
function arrived(history: readonly HistoryEvent[], given: readonly EventOf<"replied">[]): Set<string> {
  const again = replays(history);
  const stands = new Set(given.map(({ request, status }) => `${status} ${request}`));
  const counts = ofType(history, "received", "collected").filter(
    ({ request, status }) => !again.has(request) || stands.has(`${status} ${request}`),
  );
  return new Set(requestIds(counts));
}
