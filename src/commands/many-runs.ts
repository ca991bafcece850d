// Many runs of `jsrr scenario` and `jsrr scenarios`: a line as each ends, then a table.
import { join } from "node:path";
import type { ConnectionSettings } from "../connection/connect.js";
import { defaultHistoryRoot } from "../runner/history-folder.js";
import { trialLine } from "../trials/table.js";
import { runTrials, type Trial, type TrialOutcome, trialsExitCode } from "../trials/trial.js";
import { exit } from "./exit.js";
import { ReportsOfMany } from "./reports.js";
import { note, say, sayJson, terminal, width, write } from "./terminal.js";

/** The flags that both commands have. */
export interface ManyFlags {
  seed?: number;
  json?: boolean;
  serverVersion?: string;
  quiet?: boolean;
  history?: string;
  report?: string;
}

interface ManyOptions {
  /** Runs at the same time. */
  parallel: number;
  /** One server for all, instead of one for each run. */
  connection?: ConnectionSettings | undefined;
  table: (outcomes: readonly TrialOutcome[], width: number) => string;
  signal: AbortSignal;
  /** Prints what changed since a baseline, after the table. @returns whether it is worse */
  compare?: (outcomes: readonly TrialOutcome[]) => boolean;
}

/** @returns the exit code */
export async function playMany(trials: readonly Trial[], flags: ManyFlags, options: ManyOptions) {
  const { parallel, connection, table, signal, compare } = options;
  const reports = flags.report === undefined ? undefined : new ReportsOfMany(trials, flags.report);
  let done = 0;
  const outcomes = await runTrials(trials, {
    parallel,
    // Apart from the histories of single runs, of which only the newest are kept.
    historyRoot: flags.history ?? join(defaultHistoryRoot(terminal().env), "scenarios"),
    signal,
    connection,
    seed: flags.seed,
    serverVersion: flags.serverVersion,
    ...(!flags.quiet && {
      onProgress: note,
      onDone: (outcome) => note(`${++done}/${trials.length} ${trialLine(outcome)}`),
    }),
    // Without reports the events of a run are not kept.
    onRun: reports && ((trial, run) => reports.keep(trial, run)),
  }).catch((error) => {
    // The runs that have ended have their reports.
    if (reports) note(reports.finish([]));
    throw error;
  });
  if (flags.json) sayJson({ format: 1, outcomes });
  else write(table(outcomes, width()));
  if (reports) (flags.json ? note : say)(`\n${reports.finish(outcomes)}`);
  const code = trialsExitCode(outcomes);
  return compare?.(outcomes) && code !== exit.failed ? exit.violated : code;
}
