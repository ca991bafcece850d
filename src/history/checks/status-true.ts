// Status true: a reply gives `expired` or `cancelled` as the reason only if the request's deadline has passed, or a requester cancelled it.
import { count } from "../../common/plural.js";
import type { HistoryEvent } from "../event.js";
import { type Invocation, invocations } from "../operations.js";
import { ofType, requestIds } from "../select.js";
import { type Check, held, inconclusive, violated } from "./check.js";

/** As for `no-late-execution`: the deadline is a time of day, and the history has the monotonic clock. Microseconds. */
const tolerance = 100_000;

export const statusTrue: Check = {
  promise:
    "A reply has the status `expired` only after the deadline of its request, and `cancelled` only after a cancel.",
  violated:
    "A responder replied `expired` to a request without a deadline or before it, or `cancelled` to a request that no requester " +
    "cancelled. Requests of external requesters, of killed ones and of other clients are not judged: their cancels and " +
    "deadlines are not recorded.",
  inconclusive: "No reply that can be judged has one of these statuses, and none has another one.",
  judge: (history) => {
    const known = invocations(history);
    const killed = new Set(ofType(history, "actor-crashed").map(({ name }) => name));
    const cancelled = new Set(
      requestIds(ofType(history, "withdrawn", "timed-out").filter(({ withdrawn }) => withdrawn !== undefined)),
    );
    const judged = ofType(history, "replied").filter(({ request }) => isJudged(known.get(request), killed));
    if (judged.length === 0) return inconclusive("there is no reply to judge");
    const wrong = judged.filter(({ request, status, t }) => {
      if (cancelled.has(request)) return false;
      return status === "cancelled" || (status === "expired" && !isExpired(known.get(request), t));
    });
    const replies = count(judged.length, "reply", "replies");
    if (wrong.length > 0) return violated(`${wrong.length} of ${replies} with an untrue status`, requestIds(wrong));
    return held(`${replies}, each with a status that its request can have`);
  },
};

function isJudged(one: Invocation | undefined, killed: ReadonlySet<string>): boolean {
  if (one === undefined || one.byHand || one.sent.length === 0) return false;
  return one.sent.every(({ actor, source }) => source === undefined && !killed.has(actor));
}

/** Whether the deadline of one of the times that it was sent has passed. */
const isExpired = (one: Invocation | undefined, t: HistoryEvent["t"]) =>
  one?.sent.some((event) => event.expires && t >= event.t + (event.timeoutMs ?? 0) * 1000 - tolerance) ?? false;
