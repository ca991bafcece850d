// Plays a scenario's steps in order, each at its time or after the event it waits for.
import type { Expectation } from "../history/result.js";
import type { Tally } from "../history/tally.js";
import type { Anchor, Step } from "../scenario/model.js";
import type { Lab } from "./run-context.js";
import { stepRunners } from "./steps/index.js";
import type { RunStep, Play, Played } from "./steps/step.js";

/** Everything that was expected along the way, judged. A step whose event never came leaves the rest unplayed. */
export async function playTimeline(lab: Lab): Promise<Expectation[]> {
  const begun = performance.now();
  const play: Play = async (lab, steps, since = nothingYet) => {
    const judged: Expectation[] = [];
    for (const step of steps) {
      const played = await playStep(lab, step, { begun, since, play });
      judged.push(...played.judged);
      if (played.stopped) return { judged, stopped: true };
    }
    return { judged };
  };
  return (await play(lab, lab.scenario.timeline)).judged;
}

interface Context {
  /** When the first step was played, as `performance.now()`. */
  begun: number;
  /** What an anchor counts from. */
  since: Pick<Tally, "of">;
  play: Play;
}

const nothingYet = { of: () => 0 };

async function playStep(lab: Lab, step: Step, { begun, since, play }: Context): Promise<Played> {
  lab.signal.throwIfAborted();
  if (step.atMs !== undefined) await reached(lab, begun + step.atMs);
  if (step.after && !(await came(lab, step.after, since, step.withinMs)))
    return { judged: [neverCame(step.after, step)], stopped: true };
  lab.record({ type: "step", step: step.kind, line: step.line });
  const inside: Play = (lab, steps, from = since) => play(lab, steps, from);
  return (await perform(lab, step, inside)) ?? { judged: [] };
}

/** Until a moment of `performance.now()`. */
async function reached(lab: Lab, moment: number): Promise<void> {
  await lab.history.until(() => false, Math.max(0, moment - performance.now()), lab.signal);
}

async function perform(lab: Lab, step: Step, play: Play): Promise<Played | undefined> {
  const runStep = stepRunners[step.kind] as RunStep<never>;
  try {
    return await runStep(lab, step as never, play);
  } catch (error) {
    lab.signal.throwIfAborted(); // what broke the run off is why the step failed
    throw error;
  }
}

function came(lab: Lab, anchor: Anchor, since: Pick<Tally, "of">, withinMs: number): Promise<boolean> {
  const { outcomes, tally } = lab.history;
  const wanted = since.of(anchor.of, anchor.event) + anchor.count;
  const enough = () => {
    if (tally.of(anchor.of, anchor.event) >= wanted) return true;
    throwIfFailed(lab, outcomes.requestsOf(anchor.of), anchor.of);
    return false;
  };
  return lab.history.until(enough, withinMs, lab.signal);
}

/** A request that could not be made has no later events to wait for. */
function throwIfFailed(lab: Lab, requests: readonly string[], alias: string): void {
  if (lab.history.tally.of(alias, "request-failed") === 0) return;
  const failed = lab.history.events.find((e) => e.type === "request-failed" && requests.includes(e.request));
  if (failed?.type === "request-failed") throw new Error(`The request ${alias} failed: ${failed.error}`);
}

function neverCame({ of, event, count }: Anchor, { line, withinMs }: Step): Expectation {
  const path = `${of}.${event}${count > 1 ? `#${count}` : ""}`;
  return { path, expected: `seen within ${withinMs} ms`, actual: "not seen", verdict: "violated", line };
}
