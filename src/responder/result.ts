// What comes of handling a request, also where the handler threw.
import type { Ending } from "../history/event.js";
import { UnreadablePayload } from "../protocol/errors.js";
import type { InHand } from "./in-hand.js";
import type { Answer } from "./menu.js";
import { RetryLater } from "./retry.js";

/** How a handled request leaves: with this ending, acknowledged, or terminated for a reason. */
export interface Result {
  ending: Ending;
  payload: Answer;
  terminate?: string;
  /** Terminated without telling the requester. */
  silent?: boolean;
  /** The failure may pass: there is no answer yet. */
  retry?: RetryLater;
  /** More headers of the reply. */
  headers?: Record<string, string>;
  /** Stands for an answer that could not be sent, and is short enough to be sent itself. */
  substitute?: boolean;
}

/** What a handler threw, as an ending. */
export function whyFailed(error: unknown, inHand: InHand): Result {
  const text = inWords(error);
  if (inHand.heeded) return { ending: inHand.heeded, payload: text };
  if (error instanceof UnreadablePayload) return { ending: "rejected", payload: text, terminate: text };
  if (error instanceof RetryLater) return { ending: "error", payload: text, retry: error };
  return { ending: "error", payload: text };
}

/** Anything can be thrown, also what cannot be turned into text. */
function inWords(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return "the handler threw something that has no text";
  }
}
