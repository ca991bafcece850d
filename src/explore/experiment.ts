// Experiments: runs scenario data on a real server of its own, and classifies what came of it.
import type { HistoryEvent } from "../history/event.js";
import { faultsWithoutEffect, standing, unfinishedLoads, unmet, verdictOf } from "../history/judge.js";
import type { Run } from "../history/result.js";
import { ofType } from "../history/select.js";
import { type RunOptions, runScenario } from "../runner/run.js";
import { brokenRun } from "../runner/run-result.js";
import { isByCourse } from "./applicable-checks.js";
import { isUnanswered } from "./draw.js";
import { type ScenarioData, scenarioOf } from "./scenario-data.js";

/** `without-effect`: a fault of the run had no effect, so that the run proves nothing. `failed`: the run itself could not be made. */
export const experimentStates = ["held", "violated", "without-effect", "inconclusive", "failed"] as const;
export type ExperimentState = (typeof experimentStates)[number];

export interface Outcome {
  data: ScenarioData;
  state: ExperimentState;
  /** The violated checks, and `unanswered` if requests stayed in the queue. */
  found: string[];
  reason?: string;
  durationMs: number;
  /** Of the run, as far as it came. */
  events: readonly HistoryEvent[];
  run?: Run;
}

export type ExperimentOptions = Pick<
  RunOptions,
  "actors" | "programs" | "historyRoot" | "serverVersion" | "onProgress" | "signal"
>;

/** @throws only what interrupted it. */
export async function runExperiment(data: ScenarioData, seed: number, options: ExperimentOptions): Promise<Outcome> {
  const scenario = scenarioOf(data);
  if (!scenario) throw new Error(`${data.scenario} is no valid scenario.`);
  const begun = performance.now();
  let folder: string | undefined;
  const onHistory = (history: string) => {
    folder = history;
  };
  const durationMs = () => Math.round(performance.now() - begun);
  try {
    const run = await runScenario(scenario, { ...options, seed, onHistory });
    return { data, ...classify(run), durationMs: durationMs(), events: run.events, run };
  } catch (error) {
    options.signal?.throwIfAborted();
    const reason = (error as Error).message;
    const run = folder === undefined ? undefined : brokenRun(scenario, folder, reason);
    return { data, state: "failed", found: [], reason, durationMs: durationMs(), events: run?.events ?? [], run };
  }
}

// What came of a run.

function classify({ result, events }: Run): Pick<Outcome, "state" | "found" | "reason"> {
  const violated = result.checks.filter((check) => standing(check) === "violated");
  const unanswered = result.expectations.filter(({ path, verdict }) => isUnanswered(path) && verdict === "violated");
  const found = [...violated.map(({ name }) => name), ...(unanswered.length > 0 ? ["unanswered"] : [])];
  if (found.length > 0) {
    const reason = violated[0] ? `${violated[0].name}: ${violated[0].detail}` : unmet(unanswered[0] as never);
    return { state: "violated", found, reason };
  }
  const toothless = faultsWithoutEffect(events);
  if (toothless.length > 0) return { state: "without-effect", found, reason: toothless.join(", ") };
  const { verdict, reason } = verdictOf({
    expectations: result.expectations,
    checks: result.checks.filter((check) => check.verdict !== "inconclusive" || !isByCourse(check.name)),
    unfinished: unfinishedLoads(events),
    broken: ofType(events, "record-broken"),
  });
  return verdict === "held" ? { state: "held", found } : { state: "inconclusive", found, reason };
}
