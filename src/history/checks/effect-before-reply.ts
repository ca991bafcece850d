// Effect before reply: a request is executed before its reply. A crash after an early reply loses the effect, and none knows it.
import { count } from "../../common/plural.js";
import { ofType } from "../select.js";
import { type Check, held, inconclusive, violated } from "./check.js";

export const effectBeforeReply: Check = {
  promise: "Every reply `ok` of a responder comes after the execution of its request.",
  violated:
    "A responder executed a request for the first time after its reply `ok`. A second execution after the reply is for " +
    "`no-duplicate-executions`.",
  inconclusive: "There is no reply `ok` of a responder whose execution of the request is recorded by the same source.",
  judge: (history) => {
    const first = new Map<string, number>();
    const keyOf = ({ actor, request, source }: { actor: string; request: string; source?: string }) =>
      `${source ?? ""} ${actor} ${request}`;
    for (const event of ofType(history, "executed"))
      first.set(keyOf(event), Math.min(event.t, first.get(keyOf(event)) ?? Number.POSITIVE_INFINITY));
    const judged = new Set<string>();
    const early = new Set<string>();
    for (const event of ofType(history, "replied")) {
      const executedAt = first.get(keyOf(event));
      if (event.status !== "ok" || executedAt === undefined) continue;
      judged.add(event.request);
      if (executedAt > event.t) early.add(event.request);
    }
    if (judged.size === 0) return inconclusive("there is no reply to an execution that is recorded");
    const requests = count(judged.size, "answered request");
    if (early.size > 0) return violated(`${early.size} of ${requests} executed after the reply`, [...early]);
    return held(`${requests}, each executed before its reply`);
  },
};
