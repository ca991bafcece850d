// What a check is: it sees the history and nothing else, no clock and no server.
import type { HistoryEvent } from "../event.js";
import type { Verdict } from "../verdict.js";

export interface Finding {
  verdict: Verdict;
  /** One sentence, with counts. */
  detail: string;
  /** The ids of the requests that the verdict rests on. */
  requests: string[];
}

export type Check = (history: readonly HistoryEvent[]) => Finding;

export const held = (detail: string): Finding => ({ verdict: "held", detail, requests: [] });

export const violated = (detail: string, requests: string[]): Finding => ({
  verdict: "violated",
  detail,
  requests,
});

export const unknown = (detail: string, requests: string[] = []): Finding => ({
  verdict: "unknown",
  detail,
  requests,
});
