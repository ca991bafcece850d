// The timeline: plays a scenario's steps in order, each at its time or after the event that it waits for.
import type { Expectation } from "../history/result.js";
import { ofType } from "../history/select.js";
import type { Tally } from "../history/tally.js";
import type { Anchor, Step } from "../scenario/model.js";
import type { RunContext } from "./run-context.js";
import { stepRunners } from "./steps/index.js";
import type { Play, Played, RunStep } from "./steps/step.js";

/** Every expectation along the way, judged. After a step whose event was not seen, the rest is not played. */
export async function playTimeline(context: RunContext): Promise<Expectation[]> {
  const startedAt = performance.now();
  const play: Play = async (context, steps, since = none) => {
    const judged: Expectation[] = [];
    for (const step of steps) {
      const played = await playStep(context, step, { startedAt, since, play });
      judged.push(...played.judged);
      if (played.stopped) return { judged, stopped: true };
    }
    return { judged };
  };
  return (await play(context, context.scenario.timeline)).judged;
}

interface Position {
  /** When the first step was played, as `performance.now()`. */
  startedAt: number;
  /** An anchor counts events from here. */
  since: Pick<Tally, "of">;
  play: Play;
}

const none = { of: () => 0 };

async function playStep(context: RunContext, step: Step, { startedAt, since, play }: Position): Promise<Played> {
  const { history, signal } = context;
  signal.throwIfAborted();
  if (step.atMs !== undefined) {
    const leftMs = startedAt + step.atMs - performance.now();
    await history.until(() => false, Math.max(0, leftMs), signal);
  }
  if (step.after && step.atLatestMs !== undefined) await waitAtMost(context, step.after, since, step.atLatestMs);
  else if (step.after && !(await waitFor(context, step.after, since, step.withinMs)))
    return { judged: [notSeen(step.after, step)], stopped: true };
  context.record({ type: "step", step: step.kind, line: step.line });
  const playInner: Play = (context, steps, from = since) => play(context, steps, from);
  const runStep = stepRunners[step.kind] as RunStep<never>;
  try {
    return (await runStep(context, step as never, playInner)) ?? { judged: [] };
  } catch (error) {
    signal.throwIfAborted(); // the reason of the abort is why the step failed
    throw error;
  }
}

/** False if the event is not seen in time. Rejects if each request of the name failed: then they have no later events. */
function waitFor(context: RunContext, anchor: Anchor, since: Pick<Tally, "of">, withinMs: number): Promise<boolean> {
  const { tally, outcomes, events } = context.history;
  const wanted = since.of(anchor.of, anchor.event) + anchor.count;
  const enough = () => {
    if (tally.of(anchor.of, anchor.event) >= wanted) return true;
    const failures = tally.of(anchor.of, "request-failed");
    if (failures === 0 || ![...outcomes.countsOf(anchor.of).keys()].every((outcome) => outcome.startsWith("failed")))
      return false;
    if (failures < wantedOf(anchor.of)) return false;
    const requests = outcomes.requestsOf(anchor.of);
    const failed = ofType(events, "request-failed").find(({ request }) => requests.includes(request));
    if (failed) throw new Error(`The request ${anchor.of} failed: ${failed.error}`);
    return false;
  };
  /** A load may just have begun. */
  const wantedOf = (name: string) => {
    const loads = ofType(events, "load-started").filter(({ as }) => as === name);
    return loads.reduce((sum, { count }) => sum + count, 0) || Math.max(1, outcomes.requestsOf(name).length);
  };
  return context.history.until(enough, withinMs, context.signal);
}

/** A step with `at_latest` acts in any case, also when the request failed and has no later events. */
async function waitAtMost(context: RunContext, anchor: Anchor, since: Pick<Tally, "of">, ms: number): Promise<void> {
  const { tally } = context.history;
  const wanted = since.of(anchor.of, anchor.event) + anchor.count;
  await context.history.until(() => tally.of(anchor.of, anchor.event) >= wanted, ms, context.signal);
}

function notSeen({ of, event, count }: Anchor, { line, withinMs }: Step): Expectation {
  const path = `${of}.${event}${count > 1 ? `#${count}` : ""}`;
  return { path, expected: `seen within ${withinMs} ms`, actual: "not seen", verdict: "violated", line };
}
