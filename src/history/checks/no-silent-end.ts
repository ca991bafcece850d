// No silent end: a requester can learn of every request how it ended.
import { count } from "../../common/plural.js";
import { ofType, requestIds, storedReplies } from "../select.js";
import { type Check, held, inconclusive, violated } from "./check.js";

export const noSilentEnd: Check = {
  promise: "Every request that a responder ended has a reply with its status.",
  violated:
    "A responder acked or terminated a request, and no reply to it was sent or stored. A responder with " +
    "`unmatched: silent` breaks this promise on purpose.",
  inconclusive: "No responder ended a request. Or the reply stream was not read at the end.",
  reads: ["replies-read"],
  absence: true,
  judge: (history) => {
    const ended = requestIds(ofType(history, "acked", "terminated"));
    if (ended.length === 0) return inconclusive("no responder ended a request, so there is nothing to judge");
    const stored = storedReplies(history);
    const answered = new Set(
      requestIds([...ofType(history, "replied", "status-stored", "received", "collected"), ...(stored ?? [])]),
    );
    const silent = ended.filter((request) => !answered.has(request));
    if (silent.length > 0 && stored === undefined)
      return inconclusive("the reply stream was not read at the end", silent);
    const requests = count(ended.length, "ended request");
    if (silent.length > 0) return violated(`${silent.length} of ${requests} got no reply`, silent);
    return held(`${requests}, each with a reply`);
  },
};
