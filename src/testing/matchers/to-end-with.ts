// await expect(alice.request("order-sandwich")).toEndWith("ok", "🥪"): how a request ended, as its reply says it.
import type { Ending } from "../../history/event.js";
import { endings } from "../../protocol/endings.js";
import { RequestTimedOut } from "../../requester/timed-out.js";
import { kindOf, type MatcherContext, type MatcherResult } from "./matcher.js";

interface Ended {
  ending: Ending;
  text: string;
}

export async function toEndWith(
  this: MatcherContext,
  received: unknown,
  ending: Ending,
  text?: string,
): Promise<MatcherResult> {
  const found = await outcome(received);
  const wanted = text === undefined ? ending : inWords({ ending, text });
  const not = this.isNot ? "not " : "";
  const message = () => `expected the request ${not}to end with ${wanted}, ${toldOf(found)}`;
  if (found instanceof RequestTimedOut) return { pass: false, message };
  return { pass: found.ending === ending && (text === undefined || found.text === text), message };
}

/** @throws whatever a request is rejected with, but for its time-out: that is an answer to the question. */
async function outcome(received: unknown): Promise<Ended | RequestTimedOut> {
  try {
    const reply = await received;
    if (isEnded(reply)) return reply;
    throw new TypeError(
      `Expected expect(...).toEndWith() to be given a request's reply or its promise, got ${kindOf(reply)}.`,
    );
  } catch (error) {
    if (error instanceof RequestTimedOut) return error;
    throw error;
  }
}

const isEnded = (value: unknown): value is Ended =>
  typeof value === "object" && value !== null && endings.includes((value as Ended).ending);

const inWords = ({ ending, text }: Ended) => `${ending} ${JSON.stringify(text)}`;

const toldOf = (found: Ended | RequestTimedOut) =>
  found instanceof RequestTimedOut
    ? `and it has not ended: ${found.message}`
    : `and it ended with ${inWords(found)}`;
