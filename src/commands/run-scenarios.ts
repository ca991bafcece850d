// What `jsrr scenarios` does: load all, so that a bad file is told before anything runs; run, show, end with the worst.
import { join } from "node:path";
import { defaultHistoryRoot } from "../runner/history-folder.js";
import { findScenarios, resolveScenario } from "../scenario/catalogue.js";
import { loadChanged } from "../scenario/changed.js";
import { parseSetting } from "../scenario/settings.js";
import { trialsOf } from "../trials/plan.js";
import { trialLine, trialsTable } from "../trials/table.js";
import { runTrials, type TrialOutcome, trialsExitCode } from "../trials/trial.js";
import { EndWith } from "./failure.js";
import { note, say, sayJson, width, write } from "./output.js";
import { ReportsOfMany } from "./reports-of-many.js";
import { interruptible } from "./signals.js";

export interface ScenariosFlags {
  parallel: number;
  repeat?: number;
  set?: string[];
  seed?: number;
  json?: boolean;
  serverVersion?: string;
  quiet?: boolean;
  history?: string;
  report?: string;
}

export async function runScenarios(names: readonly string[], flags: ScenariosFlags): Promise<void> {
  const files =
    names.length > 0
      ? await Promise.all(names.map(resolveScenario))
      : (await findScenarios()).map(({ file }) => file);
  const settings = (flags.set ?? []).map(parseSetting);
  const scenarios = await Promise.all(files.map((file) => loadChanged(file, settings)));
  const trials = scenarios.flatMap((scenario) => trialsOf(scenario, flags.repeat));
  const reports = flags.report === undefined ? undefined : new ReportsOfMany(trials, flags.report);
  using interrupt = interruptible();
  let done = 0;
  const told = (outcome: TrialOutcome) => note(`${++done}/${trials.length} ${trialLine(outcome)}`);
  const outcomes = await runTrials(trials, {
    parallel: flags.parallel,
    // Apart from the histories of single runs, of which only the newest are kept.
    historyRoot: flags.history ?? join(defaultHistoryRoot(), "scenarios"),
    signal: interrupt.signal,
    ...(flags.seed === undefined ? {} : { seed: flags.seed }),
    ...(flags.serverVersion !== undefined && { serverVersion: flags.serverVersion }),
    ...(flags.quiet ? {} : { onProgress: note, onDone: told }),
    ...(reports ? { onRun: (trial, run) => reports.keep(trial, run) } : {}),
  }).catch((error) => {
    // Those that were done by then have their reports.
    if (reports) note(reports.finish([]));
    throw error;
  });
  if (flags.json) sayJson({ format: 1, outcomes });
  else write(trialsTable(outcomes, width()));
  if (reports) (flags.json ? note : say)(`\n${reports.finish(outcomes)}`);
  const code = trialsExitCode(outcomes);
  if (code !== 0) throw new EndWith(code);
}
