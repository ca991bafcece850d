// Nothing answered left: a request that has its reply leaves the request stream. Else the server delivers it again for nothing.
import { count } from "../../common/plural.js";
import type { HistoryEvent } from "../event.js";
import { ofType, requestIds, requestsLeft, storedReplies, withoutReplaced } from "../select.js";
import { type Check, held, inconclusive, violated } from "./check.js";

export const nothingAnsweredLeft: Check = {
  promise: "No request that has a reply is left in the request stream at the end.",
  violated:
    "The request stream holds a request whose reply is stored or was sent. A request whose responder was killed between the " +
    "reply and the ack is not judged, because it leaves the stream with its next delivery.",
  inconclusive: "There is no reply. Or the request stream was not read at the end.",
  reads: ["requests-read", "replies-read"],
  judge: (history) => {
    const given = withoutReplaced(ofType(history, "replied"), history);
    const answered = new Set(requestIds([...given, ...(storedReplies(history) ?? [])]));
    if (answered.size === 0) return inconclusive("there is no reply to judge");
    const readings = requestsLeft(history);
    if (readings.length === 0) return inconclusive("the request stream was not read at the end");
    const left = readings.flatMap(({ requests }) => requests.filter((request) => answered.has(request)));
    const open = cutOff(history);
    const wrong = [...new Set(left)].filter((request) => !open.has(request));
    const requests = count(answered.size, "answered request");
    if (wrong.length > 0) return violated(`${wrong.length} of ${requests} left in the stream`, wrong);
    if (left.length > 0) return held(`${requests}, of which ${left.length} left for their next delivery`);
    return held(`${requests}, none of which is left in the stream`);
  },
};

/** The requests whose last delivery has no later event of its responder than the execution, or whose responder was killed after it. */
function cutOff(history: readonly HistoryEvent[]): Set<string> {
  const open = new Set<string>();
  /** By responder: what it was delivered and has not acked. */
  const unacked = new Map<string, Set<string>>();
  for (const event of history) {
    if (event.type === "actor-crashed") for (const request of unacked.get(event.name) ?? []) open.add(request);
    if (event.type === "actor-crashed") unacked.delete(event.name);
    if (!("request" in event)) continue;
    const { type, request, actor } = event;
    if (type === "delivered") {
      open.add(request);
      unacked.set(actor, (unacked.get(actor) ?? new Set()).add(request));
    }
    if (type === "replied" || type === "already-answered" || type === "acked") open.delete(request);
    if (type === "acked" || type === "terminated") unacked.get(actor)?.delete(request);
  }
  return open;
}
