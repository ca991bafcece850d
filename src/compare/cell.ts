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
  const copies = storedReplies(history)?.length ?? 0;
  const replied = copies > 0 || requestsWith(history, "replied", "reply-refused", "received", "collected").size > 0;
  return {
    request: requestOf(history, replied),
    effect: ofType(history, "executed").length,
    reply: replyOf(history, copies > 0 ? "stored" : replied ? "lost" : "none"),
    copies,
  };
}

function requestOf(history: readonly HistoryEvent[], replied: boolean): Cell["request"] {
  if (requestsLeft(history).some(({ requests }) => requests.length > 0)) return "queued";
  if (replied) return "answered";
  if (ofType(history, "removed").length > 0) return "removed";
  if (ofType(history, "terminated").length > 0) return "terminated";
  return ofType(history, "stored").length > 0 ? "lost" : "never stored";
}

/** `unread`: of a reply that the requester did not get. */
function replyOf(history: readonly HistoryEvent[], unread: Cell["reply"]): Cell["reply"] {
  const asked = ofType(history, "requested").length;
  const received = ofType(history, "received");
  const inTime = received.filter(({ late }) => !late).length;
  if (asked > 1 && inTime > 0) return `${inTime} of ${asked}`;
  if (inTime > 0) return "received";
  if (ofType(history, "collected").length > 0) return "collected";
  return received.length > 0 ? "late" : unread;
}

export type Tone = "good" | "open" | "bad";

/** How a requester sees it: nothing lost, something that can still come or be found, or a loss. */
export const requestTone = ({ request }: Cell): Tone =>
  request === "lost" || request === "never stored" ? "bad" : request === "answered" ? "good" : "open";

export function replyTone({ reply }: Cell): Tone {
  if (reply === "lost") return "bad";
  return reply === "received" || reply === "collected" || /^(\d+) of \1$/.test(reply) ? "good" : "open";
}

export const sameCell = (a: Cell, b: Cell) =>
  a.request === b.request && a.effect === b.effect && a.reply === b.reply && a.copies === b.copies;
