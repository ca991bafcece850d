// Exploration: draws experiments, runs them, and confirms, shrinks and saves each violation.
import type { FaultName } from "../faults/index.js";
import { confirm, triesFor } from "./confirm.js";
import { Coverage } from "./coverage.js";
import { drawExperiment, isEnding, mutateExperiment } from "./draw.js";
import {
  type ExperimentOptions,
  type ExperimentState,
  experimentStates,
  type Outcome,
  runExperiment,
} from "./experiment.js";
import { type Found, foundName, saveFound } from "./found.js";
import type { ScenarioData } from "./scenario-data.js";
import { onlyCheck, shrink } from "./shrink.js";

export interface ExploreOptions extends ExperimentOptions {
  base: ScenarioData;
  faults: readonly FaultName[];
  /** Of the first experiment; each has the next one. */
  seed: number;
  /** The largest number of experiments, without those that confirm and shrink. */
  runs: number;
  /** Milliseconds for all. */
  forMs?: number;
  /** Experiments at a time. Default: 1. */
  parallel?: number;
  /** Gets the found scenario files. */
  folder: string;
  /** Runs that confirm one violation, before and after it is shrunk. Default: 5. */
  confirmRuns?: number;
  /** Runs that shrink one violation at most. Default: 150. */
  shrinkRuns?: number;
  /** Ends after so many violations of different checks. Default: never. */
  mostFound?: number;
  onExperiment?: (done: Progress) => void;
}

export interface Progress extends Exploration {
  /** What is at work now, for people. */
  doing: string;
}

export interface Exploration {
  seed: number;
  /** Of the experiments that were drawn. */
  states: Record<ExperimentState, number>;
  /** Runs in all, with those that confirm and shrink. */
  runs: number;
  durationMs: number;
  found: Found[];
  coverage: Coverage;
  /** Why runs failed or were inconclusive, and how often. */
  reasons: Map<string, number>;
}

const defaultShrinkRuns = 150;

/** Of the experiments, so many of a hundred are mutations of one that has shown a new pair. */
const mutatedPercent = 40;

/** Also returns what was found until `signal` ended it. */
export async function explore(options: ExploreOptions): Promise<Exploration> {
  const begun = performance.now();
  const states = Object.fromEntries(experimentStates.map((state) => [state, 0])) as Record<ExperimentState, number>;
  const result: Exploration = {
    ...{ seed: options.seed, states, runs: 0, durationMs: 0, found: [], reasons: new Map() },
    coverage: new Coverage(),
  };
  const signal = options.signal ?? new AbortController().signal;
  const late = () => options.forMs !== undefined && performance.now() - begun > options.forMs;
  const more = () => !signal.aborted && !late();
  const report = (doing: string) => {
    result.durationMs = Math.round(performance.now() - begun);
    options.onExperiment?.({ ...result, doing });
  };
  const run = (data: ScenarioData, seed: number) => {
    result.runs++;
    return runExperiment(data, seed, options);
  };
  /** The experiments that have shown a new pair of event and fault. */
  const showing: ScenarioData[] = [];
  /** Checks of which a violation was shrunk, or is about to be. */
  const shrunk = new Set<string>();
  const enough = () => result.found.length >= (options.mostFound ?? Number.POSITIVE_INFINITY);
  let drawn = 0;
  /** Draws and runs one experiment after the other. */
  const lane = async () => {
    while (drawn < options.runs && more() && !enough()) {
      const seed = (options.seed + drawn++) % 2 ** 32;
      report(`seed ${seed}`);
      const outcome = await run(next(seed, showing, options), seed);
      count(result, outcome);
      if (result.coverage.add(outcome.events).length > 0) showing.push(outcome.data);
      for (const check of outcome.found) if (!enough()) await examine(check, seed, outcome);
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: options.parallel ?? 1 }, lane));
  const failed = lanes.find((one) => one.status === "rejected");
  if (failed && !signal.aborted) throw failed.reason;
  result.durationMs = Math.round(performance.now() - begun);
  return result;

  /** Saves it first, so that an interruption loses nothing. */
  async function examine(check: string, seed: number, { data, run: firstRun, reason = "" }: Outcome): Promise<void> {
    const name = foundName(check, seed);
    const original = { ...onlyCheck(data, check), ...words(check) };
    const file = saveFound(options.folder, name, original, firstRun);
    const found: Found = {
      ...{ check, seed, name, file, detail: reason, shrunk: false, steps: stepsOf(original) },
      shown: { times: 1, of: 1 },
    };
    result.found.push(found);
    report(`confirms ${check} of seed ${seed}`);
    found.shown = await confirm(run, original, check, seed, options.confirmRuns);
    if (found.shown.times === 0 || shrunk.has(check) || !more()) return;
    shrunk.add(check);
    const tries = triesFor(found.shown);
    // A candidate of a violation that shows always has to show twice, so that no rare one takes its place.
    const wanted = tries === 1 ? 2 : 1;
    const until = result.runs + (options.shrinkRuns ?? defaultShrinkRuns);
    let best: Outcome | undefined;
    const shows = async (candidate: ScenarioData) => {
      let times = 0;
      for (let i = 0; i < Math.max(tries, wanted) && more(); i++) {
        report(`shrinks ${check} of seed ${seed}`);
        const outcome = await run(candidate, (seed + i) % 2 ** 32);
        if (!outcome.found.includes(check)) {
          if (wanted > 1) return false;
          continue;
        }
        best = outcome;
        if (++times === wanted) return true;
      }
      return false;
    };
    const smallest = await shrink(original, shows, () => more() && result.runs < until);
    found.shrunk = true;
    found.steps = stepsOf(smallest);
    if (best?.reason) found.detail = best.reason;
    saveFound(options.folder, name, smallest, best?.run);
    if (best === undefined || !more()) return;
    report(`confirms ${check} of seed ${seed}`);
    found.shown = await confirm(run, smallest, check, seed, options.confirmRuns);
  }
}

/** A fresh one, or a change of one that has shown a new pair. */
function next(seed: number, showing: readonly ScenarioData[], options: ExploreOptions): ScenarioData {
  const of = showing.at(seed % Math.max(1, showing.length));
  if (of === undefined || (seed * 7919) % 100 >= mutatedPercent) return drawExperiment(seed, options);
  return mutateExperiment(of, seed, options);
}

function count({ states, reasons }: Exploration, { state, reason }: Outcome): void {
  states[state]++;
  if (state !== "failed" && state !== "inconclusive") return;
  const text = (reason ?? "").split("\n", 1)[0] as string;
  reasons.set(text, (reasons.get(text) ?? 0) + 1);
}

const words = (check: string) => ({
  question: `Is ${check} violated?`,
  answer: "It was when `jsrr explore` ran this file.",
});

/** Without the last ones, which every experiment has. */
const stepsOf = ({ timeline }: ScenarioData) => timeline.filter((step) => !isEnding(step)).length;
