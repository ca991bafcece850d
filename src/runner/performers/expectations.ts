// Steps that look: `expect` at this moment, `eventually` until it is so.
import { isRequest, judgeExpectation } from "../expectations.js";
import type { Lab } from "../lab.js";
import type { Perform } from "./perform.js";

/** Over its own time-out, a requester gets this long to look where its request is. */
const settleMs = 5_000;
/** Counts on a server change without an event that would say so. */
const pollMs = 20;

export const expect: Perform<"expect"> = async (lab, { expectations }) => {
  for (const { path } of expectations) if (isRequest(path)) await settled(lab, path);
  return { judged: await Promise.all(expectations.map((expected) => judgeExpectation(lab, expected))) };
};

export const eventually: Perform<"eventually"> = async (lab, { expectations, withinMs }) => {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const judged = await Promise.all(expectations.map((expected) => judgeExpectation(lab, expected)));
    const left = deadline - performance.now();
    if (judged.every((e) => e.verdict === "held") || left <= 0) return { judged };
    await lab.history.nextEvent(Math.min(pollMs, left), lab.signal);
  }
};

/** A request settles by itself: its own time-out bounds the wait. */
async function settled(lab: Lab, alias: string): Promise<void> {
  const { outcomes, events } = lab.history;
  const requests = outcomes.requestsOf(alias);
  const asked = events.flatMap((e) => (e.type === "requested" && e.as === alias ? [e.timeoutMs] : []));
  const all = () => requests.every((request) => outcomes.settled(request));
  await lab.history.until(all, Math.max(0, ...asked) + settleMs, lab.signal);
}
