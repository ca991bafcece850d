// What became of a request, as its row in a list says it: with the parts of several replies, and how good that is.
import { isOpen } from "../history/outcome.js";
import type { RequestOutcome } from "../history/result.js";
import { count } from "../history/select.js";

/** `ok 🍨 after 2 parts`, `timed-out after 1 part`. */
export function outcomeText({ outcome, parts }: Pick<RequestOutcome, "outcome" | "parts">): string {
  return parts === undefined ? outcome : `${outcome} after ${count(parts, "part")}`;
}

/** open: it may still come, or nobody can tell. As many as were wanted, or an end mark, are a good end. */
export function outcomeTone(outcome: string): "good" | "open" | "bad" {
  if (/^(ok\b|ended by (maximum|sentinel)$)/.test(outcome)) return "good";
  return isOpen(outcome) || /^ended by (stall|timeout)$/.test(outcome) ? "open" : "bad";
}
