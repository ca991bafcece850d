// No duplicate replies: a request gets at most one reply in the reply stream, and at most one at its requester.
import { count } from "../../common/plural.js";
import type { StrategyName } from "../../protocol/events.js";
import type { HistoryEvent } from "../event.js";
import { ofType, repeated, replyKey, requestIds, storedReplies, withoutReplaced } from "../select.js";
import { type Check, held, inconclusive, violated } from "./check.js";

export const noDuplicateReplies: Check = {
  promise: "A request gets one reply: at most one in the reply streams, and at most one at its requester.",
  violated:
    "Two replies to one request are stored, or two different replies arrived, or one reply arrived more " +
    "often than the request was sent. A second read of a stored reply does not count. A `dead-lettered` " +
    "reply that a replay removed does not count.",
  inconclusive: "There is no reply. Or replies were stored and the reply stream was not read at the end.",
  reads: ["replies-read"],
  judge: (history) => {
    const kept = storedReplies(history);
    const stored = (kept ?? []).map((reply) => reply.request);
    const all = arrivals(history);
    const arrived = withoutReplaced(all, history).map((reply) => reply.request);
    const answered = new Set([...stored, ...all.map((reply) => reply.request)]).size;
    const unread = kept === undefined && ofType(history, "replied").some((reply) => reply.sequence !== undefined);

    const twice = [...new Set([...repeated(stored), ...repeated(arrived)])];
    if (twice.length > 0) {
      return violated(`${twice.length} of ${count(answered, "answered request")} got more than one reply`, twice);
    }
    if (unread) return inconclusive("the reply stream was not read at the end");
    if (answered === 0) return inconclusive("there is no reply to judge");
    return held(`${count(answered, "request")} with one reply each`);
  },
};

/** Each reply at its requester, in order. A received reply and its stored copy, however often read, are one. */
function arrivals(history: readonly HistoryEvent[]) {
  const received = withoutRepeats(history);
  const copies = new Set(received.map(replyKey));
  const collected = new Map(ofType(history, "collected").map((reply) => [`${reply.request} ${reply.sequence}`, reply]));
  const others = [...collected.values()].filter((reply) => !copies.has(replyKey(reply)));
  return [...received, ...others].sort((a, b) => a.t - b.t);
}

/** A requester that sends twice under one id gets the same reply twice: one reply for each time it was sent. */
function withoutRepeats(history: readonly HistoryEvent[]) {
  const sent = ofType(history, "requested").map((event) => event.request);
  const again = new Map(repeated(sent).map((id) => [id, sent.filter((one) => one === id).length - 1]));
  const seen = new Set<string>();
  return repliesAtRequesters(history).filter((reply) => {
    const left = again.get(reply.request) ?? 0;
    const first = seen.size < seen.add(replyKey(reply)).size;
    if (first || left === 0) return true;
    again.set(reply.request, left - 1);
    return false;
  });
}

/**
 * What reached the requesters. Where nothing stores replies, a reply that no call waits for is a second one. Otherwise it may be
 * the stored one, repeated by its responder or received after a restart.
 */
function repliesAtRequesters(history: readonly HistoryEvent[]) {
  const unstored = new Set(
    requestIds(ofType(history, "requested").filter(({ strategy }) => storeless.includes(strategy))),
  );
  return ofType(history, "received", "orphaned-reply").filter(
    (reply) => reply.type === "received" || unstored.has(reply.request),
  );
}

/** With these strategies a reply is stored nowhere. */
const storeless: readonly StrategyName[] = ["inbox", "trial"];
