// What the faults of a scenario need of the place where it runs, known before anything starts.
import { type FaultName, faults, type Need } from "../faults/index.js";
import type { InjectAction, Scenario, Step } from "../scenario/model.js";

export interface FaultPlan {
  /** Each need, and the first fault that has it. */
  needs: ReadonlyMap<Need, FaultName>;
  /** Actors that connect through links, because a fault is on the way between them and a server. */
  linked: ReadonlySet<string>;
  /** Whether the routes between the nodes go through links. */
  routes: boolean;
}

export function planFaults({ timeline, requesters, responders, services }: Scenario): FaultPlan {
  const injections = injectionsIn(timeline);
  const needs = new Map<Need, FaultName>();
  for (const { fault } of injections)
    for (const need of faults[fault].needs) if (!needs.has(need)) needs.set(need, fault);
  const ends = injections.flatMap(({ options }) => [(options as { between?: string[] }).between ?? []]);
  const isActor = (name: string) => name in requesters || name in responders || name in services;
  return {
    needs,
    linked: new Set(ends.flat().filter(isActor)),
    routes:
      injections.some(({ fault }) => fault === "partition") ||
      ends.some((pair) => pair.length > 0 && !pair.some(isActor)),
  };
}

function injectionsIn(steps: readonly Step[]): InjectAction[] {
  return steps.flatMap((step) => {
    if (step.kind === "inject") return [step];
    return step.kind === "together" || step.kind === "repeat" ? injectionsIn(step.steps) : [];
  });
}
