// Check: judges a history and sees nothing else, no clock and no server. docs/checks.md is written from its texts.
import type { HistoryEvent } from "../event.js";
import type { EventOf } from "../select.js";
import type { Verdict } from "../verdict.js";

export interface Finding {
  verdict: Verdict;
  /** One sentence, with counts. */
  detail: string;
  /** The ids of the requests that the verdict rests on. */
  requests: string[];
}

/** What a scenario may set of a check. */
export interface Parameters {
  /** A whole number from 1. */
  atMost?: number;
  /** By order: the payload of its replies. */
  replies?: Readonly<Record<string, string>>;
}

/** What the streams held at the end. */
export type Reading = EventOf<"requests-read" | "replies-read">;

export interface Check {
  /** What it promises: one sentence. */
  promise: string;
  /** When it is violated, and what does not violate it. */
  violated: string;
  /** When it cannot tell. */
  inconclusive: string;
  /** What it uses of the final reading of the streams. */
  reads?: readonly Reading["type"][];
  /** A violation is what the streams do not hold: a short reading proves none. */
  absence?: true;
  /** The parameters that it takes, each with what it means. Absent: none. */
  parameters?: Partial<Record<keyof Parameters, string>>;
  judge: Judge;
}

/** Pure. One that cannot decide is inconclusive. */
export type Judge = (history: readonly HistoryEvent[], parameters?: Parameters) => Finding;

export const held = (detail: string): Finding => ({ verdict: "held", detail, requests: [] });

export const violated = (detail: string, requests: string[]): Finding => ({ verdict: "violated", detail, requests });

export const inconclusive = (detail: string, requests: string[] = []): Finding => ({
  verdict: "inconclusive",
  detail,
  requests,
});
