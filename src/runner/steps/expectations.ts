// Steps that look: `expect` at this moment, `eventually` until it is so.
import type { Expectation } from "../../history/result.js";
import type { Expected } from "../../scenario/model.js";
import { judgeAll, whenLastTrue } from "../evaluate.js";
import type { RunContext } from "../run-context.js";
import type { RunStep } from "./step.js";

/** Over its own time-out, a requester gets this long to look where its request is. */
const settleMs = 5_000;
/** Counts on a server change without an event that would say so. */
const pollMs = 20;

export const expect: RunStep<"expect"> = async (context, { expectations }) => {
  for (const { metric } of expectations) if (metric.kind === "outcome") await settled(context, metric.of);
  context.catchUp();
  return { judged: tellLastTrue(context, expectations, await judgeAll(context, expectations)) };
};

export const eventually: RunStep<"eventually"> = async (context, { expectations, withinMs }) => {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const judged = await judgeAll(context, expectations);
    const left = deadline - performance.now();
    if (judged.every((e) => e.verdict === "held")) return { judged };
    if (left <= 0) return { judged: tellLastTrue(context, expectations, judged) };
    await context.history.nextEvent(Math.min(pollMs, left), context.signal);
  }
};

/** What is not so may have been so before. */
function tellLastTrue(
  context: RunContext,
  expectations: readonly Expected[],
  judged: readonly Expectation[],
): Expectation[] {
  return judged.map((one, i) => {
    const lastTrueMs =
      one.verdict === "held" ? undefined : whenLastTrue(context, expectations[i] as Expected);
    return lastTrueMs === undefined ? one : { ...one, lastTrueMs };
  });
}

/** A request settles by itself: its own time-out bounds the wait. */
async function settled(context: RunContext, alias: string): Promise<void> {
  const { outcomes, events } = context.history;
  const requests = outcomes.requestsOf(alias);
  const asked = events.flatMap((e) => (e.type === "requested" && e.as === alias ? [e.timeoutMs ?? 0] : []));
  const longest = asked.reduce((a, b) => Math.max(a, b), 0);
  const all = () => requests.every((request) => outcomes.settled(request));
  await context.history.until(all, longest + settleMs, context.signal);
}
