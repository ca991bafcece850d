// Replays: the stored status `dead-lettered` of a request that was replayed is no second reply, and no end of the request.
import type { Status } from "../../protocol/events.js";
import type { HistoryEvent } from "../event.js";
import { countEach, ofType } from "../select.js";

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
