// A cell of the comparison: what happened to request, effect and reply, read from the history of one run.
import type { HistoryEvent } from "../history/event.js";
import { ofType, requestsLeft, requestsWith, storedReplies } from "../history/select.js";

export interface Cell {
  /** What became of the request: `lost` is gone without an end of its own. */
  request: "answered" | "queued" | "removed" | "terminated" | "lost" | "never stored";
  /** How often the handler ran to its end. */
  effect: number;
  /**
   * The best that the requester got: `received` while it waited (`1 of 2` where it asked twice), `collected` by a later
   * look, `late` when the call that waited was over; else `stored` if it was not found, `lost`, or `none` was given.
   */
  reply: "received" | "collected" | "late" | "stored" | "lost" | "none" | `${number} of ${number}`;
  /** How many replies the streams hold at the end. */
  copies: number;
}

export function classify(history: readonly HistoryEvent[]): Cell {
  return {
    request: requestOf(history),
    effect: ofType(history, "executed").length,
    reply: replyOf(history),
    copies: storedReplies(history)?.length ?? 0,
  };
}

function requestOf(history: readonly HistoryEvent[]): Cell["request"] {
  if (requestsLeft(history).some(({ requests }) => requests.length > 0)) return "queued";
  if (replied(history)) return "answered";
  if (ofType(history, "removed").length > 0) return "removed";
  if (ofType(history, "terminated").length > 0) return "terminated";
  return ofType(history, "stored").length > 0 ? "lost" : "never stored";
}

function replyOf(history: readonly HistoryEvent[]): Cell["reply"] {
  const asked = ofType(history, "requested").length;
  const inTime = ofType(history, "received").filter(({ late }) => !late).length;
  if (asked > 1 && inTime > 0) return `${inTime} of ${asked}`;
  if (inTime > 0) return "received";
  if (ofType(history, "collected").length > 0) return "collected";
  if (ofType(history, "received").length > 0) return "late";
  if ((storedReplies(history) ?? []).length > 0) return "stored";
  return replied(history) ? "lost" : "none";
}

const replied = (history: readonly HistoryEvent[]) =>
  requestsWith(history, "replied", "reply-refused", "received", "collected").size > 0 ||
  (storedReplies(history) ?? []).length > 0;

export const sameCell = (a: Cell, b: Cell) =>
  a.request === b.request && a.effect === b.effect && a.reply === b.reply && a.copies === b.copies;
