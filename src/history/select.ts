// Event selection: the queries on a history that counts, checks and reports have in common.
import type { Status } from "../protocol/events.js";
import type { EventBody, EventType, HistoryEvent, StoredReply } from "./event.js";

export type EventOf<T extends EventType> = Extract<HistoryEvent, { type: T }>;

/** The events of some types, in the order of the history. */
export function ofType<T extends EventType>(history: readonly HistoryEvent[], ...types: T[]): EventOf<T>[] {
  const wanted: readonly EventType[] = types;
  return history.filter((event): event is EventOf<T> => wanted.includes(event.type));
}

/** Whether the event tells the scenario's name of a request. */
export function isNamed(event: HistoryEvent): event is HistoryEvent & { request: string; as: string } {
  return isBegun(event) && event.as !== undefined;
}

/** The distinct requests that have an event of one of these types. */
export function requestsWith(history: readonly HistoryEvent[], ...types: EventType[]): Set<string> {
  return new Set(ofType(history, ...types).flatMap((e) => ("request" in e ? [e.request] : [])));
}

/** The distinct request ids of some events or replies. */
export const requestIds = (events: readonly { request: string }[]): string[] => [
  ...new Set(events.map(({ request }) => request)),
];

/** The requests that went by no stream. */
export const coreRequests = (history: readonly HistoryEvent[]): Set<string> =>
  new Set(requestIds(ofType(history, "requested").filter(({ strategy }) => strategy === "core")));

/** Replies of one key are the same reply, however often they were read. */
export const replyKey = ({ request, status, payload }: { request: string; status: string; payload: string }) =>
  JSON.stringify([request, status, payload]);

/** How often each text comes. */
export function countEach(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}

/** The last reading of each stream. */
export function lastReadings(history: readonly HistoryEvent[]): EventOf<"requests-read" | "replies-read">[] {
  return lastPerStream(ofType(history, "requests-read", "replies-read"));
}

/** The last reading of each request stream: what is left in it. */
export function requestsLeft(history: readonly HistoryEvent[]): EventOf<"requests-read">[] {
  return lastPerStream(ofType(history, "requests-read"));
}

/** What the last readings found in the reply streams; undefined where none was read. */
export function storedReplies(history: readonly HistoryEvent[]): StoredReply[] | undefined {
  const readings = lastPerStream(ofType(history, "replies-read"));
  return readings.length === 0 ? undefined : readings.flatMap((reading) => reading.replies);
}

/** Whether a reply was refused because another was first; else it is unknown whether it is stored. */
export const firstReplyWon = ({ reason }: { reason: string }) => /wrong last sequence/.test(reason);

/** The members of a list that come more than once, each named once. */
export function repeated(ids: readonly string[]): string[] {
  const seen = new Set<string>();
  return [...new Set(ids.filter((id) => seen.size === seen.add(id).size))];
}

function lastPerStream<E extends { stream: string }>(readings: readonly E[]): E[] {
  return [...new Map(readings.map((reading) => [reading.stream, reading])).values()];
}

type Asked = Extract<EventBody, { type: "requested" | "turn-awaited" | "turn-refused" }>;

/** A requester sends it, or it has to wait for its turn first, or does not get one. */
export const isAsked = (event: EventBody): event is Asked =>
  event.type === "requested" || event.type === "turn-awaited" || event.type === "turn-refused";

/** A requester does, or the laboratory in the place of another client. */
export const isBegun = (event: EventBody): event is Asked | Extract<EventBody, { type: "published-request" }> =>
  isAsked(event) || event.type === "published-request";

// The stored status `dead-lettered` of a request that was replayed is no second reply, and no end of the request.

/** How often each request was replayed. */
export const replays = (history: readonly HistoryEvent[]): Map<string, number> =>
  countEach(ofType(history, "replayed").map(({ request }) => request));

/**
 * Without the first `dead-lettered` of a request for each time that it was replayed. One after another status stays: no
 * replay removes that.
 * @param replies in the order in which they came.
 */
export function withoutReplaced<R extends { request: string; status: Status }>(
  replies: readonly R[],
  history: readonly HistoryEvent[],
): R[] {
  const left = replays(history);
  if (left.size === 0) return [...replies];
  return replies.filter(({ request, status }) => {
    const n = left.get(request) ?? 0;
    left.set(request, status === "dead-lettered" ? n - 1 : 0);
    return status !== "dead-lettered" || n <= 0;
  });
}
