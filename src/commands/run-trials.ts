// Several runs of one scenario: told as they end, then as a table with a row for each combination of its settings.
import { join } from "node:path";
import { defaultHistoryRoot } from "../runner/history-folder.js";
import { sweepTable } from "../trials/sweep-table.js";
import { trialLine } from "../trials/table.js";
import { runTrials, type Trial, trialsExitCode } from "../trials/trial.js";
import { namedServer } from "./connection-options.js";
import { note, say, sayJson, width, write } from "./output.js";
import { ReportsOfMany } from "./reports-of-many.js";
import type { ScenarioFlags } from "./scenario-flags.js";
import { terminal } from "./terminal.js";

/** One at a time unless told otherwise: runs at the same time make each other slow. @returns the exit code */
export async function playMany(trials: readonly Trial[], flags: ScenarioFlags, signal: AbortSignal) {
  const connection = namedServer(flags);
  const reports = flags.report === undefined ? undefined : new ReportsOfMany(trials, flags.report);
  let done = 0;
  const outcomes = await runTrials(trials, {
    // On one given server they would answer each other's requests.
    parallel: connection ? 1 : (flags.parallel ?? 1),
    historyRoot: flags.history ?? join(defaultHistoryRoot(terminal().env), "scenarios"),
    signal,
    ...(connection && { connection }),
    ...(flags.seed !== undefined && { seed: flags.seed }),
    ...(flags.serverVersion !== undefined && { serverVersion: flags.serverVersion }),
    ...(!flags.quiet && {
      onProgress: note,
      onDone: (outcome) => note(`${++done}/${trials.length} ${trialLine(outcome)}`),
    }),
    ...(reports && { onRun: (trial, run) => reports.keep(trial, run) }),
  }).catch((error) => {
    if (reports) note(reports.finish([]));
    throw error;
  });
  if (flags.json) sayJson({ format: 1, outcomes });
  else write(sweepTable(outcomes, width()));
  if (reports) (flags.json ? note : say)(`\n${reports.finish(outcomes)}`);
  return trialsExitCode(outcomes);
}
