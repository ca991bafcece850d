// Steps `expect` and `eventually` in a run: evaluate expectations now, or until they hold.
import type { Expectation } from "../../history/result.js";
import type { Expected } from "../../scenario/model.js";
import { judgeAll, whenLastTrue } from "../evaluate.js";
import type { RunContext } from "../run-context.js";
import type { RunStep } from "./step.js";

/** After its time-out, a requester has this long to locate its request. */
const settleMs = 5_000;
/** Counts on a server change without an event that would say so. */
const pollMs = 20;

export const expect: RunStep<"expect"> = async (context, { expectations }) => {
  for (const { metric } of expectations) if (metric.kind === "outcome") await settled(context, metric.of);
  context.catchUp();
  return { judged: withLastTrue(context, expectations, await judgeAll(context, expectations)) };
};

export const eventually: RunStep<"eventually"> = async (context, { expectations, withinMs }) => {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const judged = await judgeAll(context, expectations);
    const left = deadline - performance.now();
    if (judged.every((e) => e.verdict === "held")) return { judged };
    if (left <= 0) return { judged: withLastTrue(context, expectations, judged) };
    const { history, signal } = context;
    const seen = history.events.length;
    await history.until(() => history.events.length > seen, Math.min(pollMs, left), signal);
  }
};

/** What does not hold can have held before. */
function withLastTrue(
  context: RunContext,
  expectations: readonly Expected[],
  judged: readonly Expectation[],
): Expectation[] {
  return judged.map((one, i) => {
    const lastTrueMs = one.verdict === "held" ? undefined : whenLastTrue(context, expectations[i] as Expected);
    return lastTrueMs === undefined ? one : { ...one, lastTrueMs };
  });
}

/** A request settles by itself: its own time-out bounds the wait. */
async function settled(context: RunContext, alias: string): Promise<void> {
  const { outcomes, events } = context.history;
  const asked = events.flatMap((e) => (e.type === "requested" && e.as === alias ? [e.timeoutMs ?? 0] : []));
  const longest = asked.reduce((a, b) => Math.max(a, b), 0);
  await context.history.until(() => outcomes.settled(alias), longest + settleMs, context.signal);
}
