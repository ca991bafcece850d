// Picks events out of a history: what counts and checks have in common.
import { isBegun } from "./asked.js";
import type { EventType, HistoryEvent, StoredReply } from "./event.js";

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

/** The last reading of each request stream: what is left in it. */
export function requestsLeft(history: readonly HistoryEvent[]): EventOf<"requests-read">[] {
  return lastPerStream(ofType(history, "requests-read"));
}

/** What the last readings found in the reply streams; undefined where none was read. */
export function storedReplies(history: readonly HistoryEvent[]): StoredReply[] | undefined {
  const readings = lastPerStream(ofType(history, "replies-read"));
  return readings.length === 0 ? undefined : readings.flatMap((reading) => reading.replies);
}

/** Whether a reply was refused because another was first; else nobody knows whether it is stored. */
export const firstReplyWon = ({ reason }: { reason: string }) => /wrong last sequence/.test(reason);

/** The members of a list that come more than once, each named once. */
export function repeated(ids: readonly string[]): string[] {
  const seen = new Set<string>();
  return [...new Set(ids.filter((id) => seen.size === seen.add(id).size))];
}

/** `1 request`, `2 requests`, `1 reply`, `0 replies`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

function lastPerStream<E extends { stream: string }>(readings: readonly E[]): E[] {
  return [...new Map(readings.map((reading) => [reading.stream, reading])).values()];
}
