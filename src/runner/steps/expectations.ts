// Steps that look: `expect` at this moment, `eventually` until it is so.
import type { Expectation } from "../../history/result.js";
import type { Expected } from "../../scenario/model.js";
import { judgeAll, whenLastTrue } from "../evaluate.js";
import type { Lab } from "../run-context.js";
import type { RunStep } from "./step.js";

/** Over its own time-out, a requester gets this long to look where its request is. */
const settleMs = 5_000;
/** Counts on a server change without an event that would say so. */
const pollMs = 20;

export const expect: RunStep<"expect"> = async (lab, { expectations }) => {
  for (const { metric } of expectations) if (metric.kind === "outcome") await settled(lab, metric.of);
  lab.catchUp();
  return { judged: tellLastTrue(lab, expectations, await judgeAll(lab, expectations)) };
};

export const eventually: RunStep<"eventually"> = async (lab, { expectations, withinMs }) => {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const judged = await judgeAll(lab, expectations);
    const left = deadline - performance.now();
    if (judged.every((e) => e.verdict === "held")) return { judged };
    if (left <= 0) return { judged: tellLastTrue(lab, expectations, judged) };
    await lab.history.nextEvent(Math.min(pollMs, left), lab.signal);
  }
};

/** What is not so may have been so before. */
function tellLastTrue(
  lab: Lab,
  expectations: readonly Expected[],
  judged: readonly Expectation[],
): Expectation[] {
  return judged.map((one, i) => {
    const lastTrueMs = one.verdict === "held" ? undefined : whenLastTrue(lab, expectations[i] as Expected);
    return lastTrueMs === undefined ? one : { ...one, lastTrueMs };
  });
}

/** A request settles by itself: its own time-out bounds the wait. */
async function settled(lab: Lab, alias: string): Promise<void> {
  const { outcomes, events } = lab.history;
  const requests = outcomes.requestsOf(alias);
  const asked = events.flatMap((e) => (e.type === "requested" && e.as === alias ? [e.timeoutMs ?? 0] : []));
  const longest = asked.reduce((a, b) => Math.max(a, b), 0);
  const all = () => requests.every((request) => outcomes.settled(request));
  await lab.history.until(all, longest + settleMs, lab.signal);
}
