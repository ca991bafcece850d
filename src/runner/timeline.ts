// Plays a scenario's steps in order, each after the event it waits for.
import type { HistoryEvent } from "../history/event.js";
import type { Expectation } from "../history/result.js";
import type { Anchor, Step } from "../scenario/model.js";
import type { Lab } from "./lab.js";
import { performers } from "./steps.js";

/** Everything that was expected along the way, judged. A step whose event never came leaves the rest unplayed. */
export async function playTimeline(lab: Lab): Promise<Expectation[]> {
  const judged: Expectation[] = [];
  for (const step of lab.scenario.timeline) {
    lab.signal.throwIfAborted();
    if (step.after && !(await came(lab, step.after, step.withinMs))) {
      judged.push(neverCame(step.after, step));
      return judged;
    }
    lab.record({ type: "step", step: step.kind, line: step.line });
    judged.push(...((await perform(lab, step)) ?? []));
  }
  return judged;
}

async function perform(lab: Lab, step: Step): Promise<Expectation[] | undefined> {
  const performer = performers[step.kind] as (lab: Lab, step: Step) => Promise<Expectation[] | undefined>;
  try {
    return await performer(lab, step);
  } catch (error) {
    lab.signal.throwIfAborted(); // what broke the run off is why the step failed
    throw error;
  }
}

function came(lab: Lab, anchor: Anchor, withinMs: number): Promise<boolean> {
  const enough = () => {
    const request = lab.history.outcomes.requestsByAlias.get(anchor.of);
    const seen = lab.history.events.filter((event) => fits(event, anchor, request)).length;
    if (seen < anchor.count && request) throwIfFailed(lab, request, anchor.of);
    return seen >= anchor.count;
  };
  return lab.history.until(enough, withinMs, lab.signal);
}

/** A request that could not be made has no later events to wait for. */
function throwIfFailed(lab: Lab, request: string, alias: string): void {
  const failed = lab.history.events.find((e) => e.type === "request-failed" && e.request === request);
  if (failed?.type === "request-failed") throw new Error(`The request ${alias} failed: ${failed.error}`);
}

/** An event belongs to a request, or to an actor: its own, or what the laboratory did to it. */
function fits(event: HistoryEvent, { of, event: type }: Anchor, request: string | undefined): boolean {
  if (event.type !== type) return false;
  if ("request" in event) return event.request === request;
  return "name" in event ? event.name === of : event.actor === of;
}

function neverCame({ of, event, count }: Anchor, { line, withinMs }: Step): Expectation {
  const path = `${of}.${event}${count > 1 ? `#${count}` : ""}`;
  return { path, expected: `seen within ${withinMs} ms`, actual: "not seen", verdict: "violated", line };
}
