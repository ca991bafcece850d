// Confirmation: runs an experiment again to find how often it shows its violation.
import type { Outcome } from "./experiment.js";
import type { ScenarioData } from "./scenario-data.js";

export const defaultConfirmRuns = 5;

/** A violation of `name` in so many of so many runs. */
export interface Shown {
  times: number;
  of: number;
}

/** Runs that failed or were inconclusive count as runs that did not show it. */
export async function confirm(
  run: (data: ScenarioData, seed: number) => Promise<Outcome>,
  data: ScenarioData,
  name: string,
  seed: number,
  of = defaultConfirmRuns,
): Promise<Shown> {
  let times = 0;
  for (let i = 0; i < of; i++) {
    const { found } = await run(data, (seed + i) >>> 0);
    if (found.includes(name)) times++;
  }
  return { times, of };
}

const mostTries = 12;
/** A smaller experiment that still shows the violation as often is dismissed in at most so many of a hundred cases. */
const missPercent = 5;

/** The runs that a violation of this probability needs to show, with 95 % certainty. */
export function triesFor({ times, of }: Shown): number {
  const p = Math.min(times / of, 0.99);
  return Math.max(1, Math.min(mostTries, Math.ceil(Math.log(missPercent / 100) / Math.log(1 - p))));
}
