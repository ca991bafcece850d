// No late execution: no handler begins a request after its deadline or its removal.
import { count } from "../../common/plural.js";
import type { HistoryEvent } from "../event.js";
import { type Invocation, invocations } from "../operations.js";
import { type EventOf, ofType, requestIds, storedReplies } from "../select.js";
import { type Check, held, inconclusive, violated } from "./check.js";

/**
 * The deadline is a time of day by the requester's clock, the history has the machine's monotonic one: what began this
 * shortly after it may have begun in time. Microseconds.
 */
const tolerance = 100_000;

export const noLateExecution: Check = {
  promise:
    "No execution begins after the request's deadline (`on_timeout: expire`), or after the request was removed from the queue (`removed`).",
  violated:
    "A handler began after that time and ran to its end. A handler that began in time may run longer: where the history " +
    "does not have its duration, as with an external responder, it began with the delivery. A " +
    "request that was sent again under the same id has the later deadline, or none. A replay has no " +
    "deadline.",
  inconclusive:
    "No request had a deadline or was removed. Or an execution began within 100 ms after the deadline. Or a request was answered `ok` and its execution was not recorded.",
  reads: ["replies-read"],
  judge: (history) => {
    const limited = limitsOf(history);
    if (limited.size === 0) return inconclusive("no request had a deadline or was removed");
    const executed = ofType(history, "executed").filter((event) => limited.has(event.request));
    const free = replayedPlaces(history);
    const begun = free.size === 0 ? executed : executed.filter((event) => !free.has(placeOf(event, history)));
    const over = (event: EventOf<"executed">, by: number) =>
      isOver(limited.get(event.request) as Limits, beginOf(event, history), by);
    const late = requestIds(begun.filter((event) => over(event, tolerance)));
    const of = count(limited.size, "request");
    if (late.length > 0) return violated(`of ${of} with an end, ${late.length} began to be executed after it`, late);
    const close = requestIds(begun.filter((event) => over(event, 0)));
    if (close.length > 0)
      return inconclusive(`of ${of} with an end, ${close.length} began too close to it to tell`, close);
    const seen = new Set(executed.map((event) => event.request));
    const unseen = answered(history).filter((request) => limited.has(request) && !seen.has(request));
    if (unseen.length > 0)
      return inconclusive(`no responder recorded when ${count(unseen.length, "request")} was executed`, unseen);
    return held(`of ${of} with an end, ${seen.size} began in time and none after it`);
  },
};

/** Times in microseconds of the history. */
interface Limits {
  sent: readonly EventOf<"requested">[];
  removed: readonly number[];
}

/** The requests that must not begin after some time. */
function limitsOf(history: readonly HistoryEvent[]): Map<string, Limits> {
  const removals = [
    ...ofType(history, "removed"),
    ...ofType(history, "timed-out", "withdrawn").filter((event) => event.withdrawn === "removed"),
  ];
  const removed = new Map<string, number[]>();
  for (const { request, t } of removals) removed.set(request, [...(removed.get(request) ?? []), t]);
  const limits = ({ request, sent }: Invocation): [string, Limits] => [
    request,
    { sent, removed: removed.get(request) ?? [] },
  ];
  const limited = [...invocations(history).values()].map(limits);
  return new Map(limited.filter(([, { sent, removed }]) => removed.length > 0 || sent.some((event) => event.expires)));
}

/** Whether no requester waits at `t` any more: every deadline has passed by more than `by`, or it was removed and not sent again. */
function isOver({ sent, removed }: Limits, t: number, by: number): boolean {
  const before = sent.filter((event) => event.t <= t);
  const expired = before.length > 0 && before.every((event) => t > deadlineOf(event) + by);
  const gone = removed.some((at) => at < t && !before.some((event) => event.t > at));
  return expired || gone;
}

function deadlineOf({ t, timeoutMs = 0, expires }: EventOf<"requested">): number {
  return expires ? t + timeoutMs * 1000 : Number.POSITIVE_INFINITY;
}

/** Without the handler's duration: the delivery, which is the earliest time. */
function beginOf(event: EventOf<"executed">, history: readonly HistoryEvent[]): number {
  if (event.ranMs !== undefined) return event.t - event.ranMs * 1000;
  return deliveryOf(event, history)?.t ?? event.t;
}

/** The delivery that was executed. */
const deliveryOf = (event: EventOf<"executed">, history: readonly HistoryEvent[]) =>
  ofType(history, "delivered").findLast(
    ({ request, actor, t }) => request === event.request && actor === event.actor && t <= event.t,
  );

/** A replay has no deadline: what was delivered from its place may begin at any time. */
const replayedPlaces = (history: readonly HistoryEvent[]): Set<number | undefined> =>
  new Set(ofType(history, "replayed").map(({ sequence }) => sequence));

const placeOf = (event: EventOf<"executed">, history: readonly HistoryEvent[]) => deliveryOf(event, history)?.sequence;

function answered(history: readonly HistoryEvent[]): string[] {
  const stored = (storedReplies(history) ?? []).filter((reply) => reply.status === "ok");
  const replied = ofType(history, "replied", "received", "collected").filter((reply) => reply.status === "ok");
  return requestIds([...stored, ...replied]);
}
