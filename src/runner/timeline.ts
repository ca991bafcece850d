// Plays a scenario's steps in order, each at its time or after the event it waits for.
import type { Expectation } from "../history/result.js";
import type { Tally } from "../history/tally.js";
import type { Anchor, Step } from "../scenario/model.js";
import type { RunContext } from "./run-context.js";
import { stepRunners } from "./steps/index.js";
import type { Play, Played, RunStep } from "./steps/step.js";

/** Everything that was expected along the way, judged. A step whose event never came leaves the rest unplayed. */
export async function playTimeline(context: RunContext): Promise<Expectation[]> {
  const begun = performance.now();
  const play: Play = async (context, steps, since = nothingYet) => {
    const judged: Expectation[] = [];
    for (const step of steps) {
      const played = await playStep(context, step, { begun, since, play });
      judged.push(...played.judged);
      if (played.stopped) return { judged, stopped: true };
    }
    return { judged };
  };
  return (await play(context, context.scenario.timeline)).judged;
}

interface Context {
  /** When the first step was played, as `performance.now()`. */
  begun: number;
  /** What an anchor counts from. */
  since: Pick<Tally, "of">;
  play: Play;
}

const nothingYet = { of: () => 0 };

async function playStep(context: RunContext, step: Step, { begun, since, play }: Context): Promise<Played> {
  context.signal.throwIfAborted();
  if (step.atMs !== undefined) await reached(context, begun + step.atMs);
  if (step.after && !(await came(context, step.after, since, step.withinMs)))
    return { judged: [neverCame(step.after, step)], stopped: true };
  context.record({ type: "step", step: step.kind, line: step.line });
  const inside: Play = (context, steps, from = since) => play(context, steps, from);
  return (await runStep(context, step, inside)) ?? { judged: [] };
}

/** Until a moment of `performance.now()`. */
async function reached(context: RunContext, moment: number): Promise<void> {
  await context.history.until(() => false, Math.max(0, moment - performance.now()), context.signal);
}

async function runStep(context: RunContext, step: Step, play: Play): Promise<Played | undefined> {
  const runStep = stepRunners[step.kind] as RunStep<never>;
  try {
    return await runStep(context, step as never, play);
  } catch (error) {
    context.signal.throwIfAborted(); // what broke the run off is why the step failed
    throw error;
  }
}

function came(
  context: RunContext,
  anchor: Anchor,
  since: Pick<Tally, "of">,
  withinMs: number,
): Promise<boolean> {
  const { outcomes, tally } = context.history;
  const wanted = since.of(anchor.of, anchor.event) + anchor.count;
  const enough = () => {
    if (tally.of(anchor.of, anchor.event) >= wanted) return true;
    throwIfFailed(context, outcomes.requestsOf(anchor.of), anchor.of);
    return false;
  };
  return context.history.until(enough, withinMs, context.signal);
}

/** A request that could not be made has no later events to wait for. */
function throwIfFailed(context: RunContext, requests: readonly string[], alias: string): void {
  if (context.history.tally.of(alias, "request-failed") === 0) return;
  const failed = context.history.events.find(
    (e) => e.type === "request-failed" && requests.includes(e.request),
  );
  if (failed?.type === "request-failed") throw new Error(`The request ${alias} failed: ${failed.error}`);
}

function neverCame({ of, event, count }: Anchor, { line, withinMs }: Step): Expectation {
  const path = `${of}.${event}${count > 1 ? `#${count}` : ""}`;
  return { path, expected: `seen within ${withinMs} ms`, actual: "not seen", verdict: "violated", line };
}
