// Trials: runs of several scenarios, of one scenario several times, or of one with several settings.
import PQueue from "p-queue";
import type { Run, RunResult } from "../history/result.js";
import { exitCode, type Verdict, worst } from "../history/verdict.js";
import { ServerTooOldError } from "../protocol/errors.js";
import { type RunOptions, runScenario } from "../runner/run.js";
import { brokenRun } from "../runner/run-result.js";
import type { Scenario } from "../scenario/model.js";
import { type Setting, settingText } from "../scenario/setting.js";
import { variantsOf } from "../scenario/sweep.js";

export interface Trial {
  /** What tells it from the others of its table. */
  label: string;
  scenario: Scenario;
  /** What of a sweep it is. */
  settings?: readonly Setting[];
}

export interface TrialOutcome {
  label: string;
  scenario: string;
  settings?: readonly Setting[];
  /** `skipped`: what it needs is not here. `failed`: the run itself could not be made. */
  state: Verdict | "skipped" | "failed";
  /** Why it did not hold, in one sentence. */
  reason?: string;
  /** Wall time, milliseconds. */
  durationMs: number;
  /** Absent for what was skipped or failed. */
  result?: RunResult;
}

interface TrialOptions
  extends Pick<
    RunOptions,
    "actors" | "historyRoot" | "onProgress" | "signal" | "seed" | "connection" | "serverVersion"
  > {
  /** Runs at the same time; on a given server (`connection`) it has to be 1. */
  parallel: number;
  onDone?: (outcome: TrialOutcome) => void;
  /** Before `onDone`: the whole run, also of one that failed or was broken off; not of one that was skipped. */
  onRun?: (trial: Trial, run: Run) => void;
}

/** In the order of the trials. @throws only what broke them off. */
export async function runTrials(trials: readonly Trial[], options: TrialOptions): Promise<TrialOutcome[]> {
  const queue = new PQueue({ concurrency: options.parallel });
  const play = async (trial: Trial) => {
    options.signal?.throwIfAborted();
    const outcome = await runTrial(trial, options);
    options.signal?.throwIfAborted();
    options.onDone?.(outcome);
    return outcome;
  };
  const settled = await Promise.allSettled(trials.map((trial) => queue.add(() => play(trial))));
  return settled.map((run) => {
    if (run.status === "rejected") throw run.reason;
    return run.value;
  });
}

async function runTrial(trial: Trial, options: TrialOptions): Promise<TrialOutcome> {
  const { label, scenario, settings } = trial;
  let folder: string | undefined;
  const onHistory = (history: string) => {
    folder = history;
  };
  const begun = performance.now();
  const outcome = (rest: Pick<TrialOutcome, "state"> & Partial<TrialOutcome>): TrialOutcome => ({
    label,
    scenario: scenario.name,
    settings: settings?.length ? settings : undefined,
    durationMs: Math.round(performance.now() - begun),
    ...rest,
  });
  let run: Run;
  try {
    run = await runScenario(scenario, { ...options, onHistory });
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof ServerTooOldError) return outcome({ state: "skipped", reason: message });
    if (folder !== undefined) options.onRun?.(trial, brokenRun(scenario, folder, message));
    return outcome({ state: "failed", reason: message });
  }
  options.onRun?.(trial, run);
  const { result } = run;
  return outcome({ state: result.verdict, reason: result.reason, result });
}

/** 3 where a run could not be made, else as the worst verdict says; 2 where nothing could run. */
export function trialsExitCode(outcomes: readonly TrialOutcome[]): 0 | 1 | 2 | 3 {
  if (outcomes.some(({ state }) => state === "failed")) return 3;
  const verdicts = outcomes.flatMap(({ state }) => (state === "skipped" || state === "failed" ? [] : [state]));
  return exitCode(worst(verdicts));
}

// From a scenario to its trials: each combination of its sweep, as often as it is to be repeated.

/** `repeat`: how often; by default as the scenario says. @throws ScenarioInvalidError where a combination is no scenario. */
export function trialsOf(scenario: Scenario, repeat = scenario.repeat): Trial[] {
  return variantsOf(scenario).flatMap(({ settings, scenario: variant }) => {
    const label = [scenario.name, ...settings.map(settingText)].join(" ");
    return Array.from({ length: repeat }, () => ({ label, scenario: variant, settings }));
  });
}
