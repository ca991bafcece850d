// Play: runs of `jsrr scenario` and `jsrr scenarios`, with their reports. It is loaded by their actions, because it loads the laboratory.
import { join } from "node:path";
import type { ConnectionSettings } from "../../connection/connect.js";
import type { RunResult } from "../../history/result.js";
import { exitCode } from "../../history/verdict.js";
import { reporters, Story } from "../../report/index.js";
import { defaultHistoryRoot } from "../../runner/history-folder.js";
import { type RunOptions, runScenario } from "../../runner/run.js";
import { brokenRun } from "../../runner/run-result.js";
import { findScenarios, resolveScenario } from "../../scenario/catalogue.js";
import { loadScenario } from "../../scenario/load.js";
import type { Scenario } from "../../scenario/model.js";
import { parseSetting, type Setting } from "../../scenario/setting.js";
import { sweepTable, trialLine, trialsTable } from "../../trials/table.js";
import { runTrials, type Trial, type TrialOutcome, trialsExitCode, trialsOf } from "../../trials/trial.js";
import { explain } from "../errors.js";
import { EndWith, exit } from "../exit.js";
import { type ConnectionFlags, namedServer } from "../options.js";
import { interruptible } from "../signals.js";
import { color, live, note, say, sayJson, terminal, width, write, writeError } from "../terminal.js";
import { type ActorFlags, externalCommands } from "./actors.js";
import { baselineOf, labelled, printChanges } from "./baseline.js";
import { type LiveView, openLive } from "./live.js";
import { limitGarbage } from "./memory.js";
import { keepBrokenReports, keepReports, laterReports, placeForReports, ReportsOfMany } from "./reports.js";
import { wheneverChanged } from "./watch.js";

/** The flags that both commands have. */
interface PlayFlags {
  set?: string[];
  repeat?: number;
  seed?: number;
  json?: boolean;
  serverVersion?: string;
  quiet?: boolean;
  history?: string;
  report?: string;
}

/** The flags of `jsrr scenario`. */
export interface ScenarioFlags extends ConnectionFlags, PlayFlags, ActorFlags {
  parallel?: number;
  watch?: boolean;
  baseline?: string;
  /** Percent. */
  tolerance: number;
}

/** The flags of `jsrr scenarios`. */
export interface ScenariosFlags extends PlayFlags {
  parallel: number;
}

/** `jsrr scenario`. @throws EndWith unless the verdict is `held`. */
export async function playScenario(nameOrFile: string, flags: ScenarioFlags): Promise<void> {
  limitGarbage();
  const file = await resolveScenario(nameOrFile);
  const settings = (flags.set ?? []).map(parseSetting);
  using interrupt = interruptible();
  const play = () => playFile(file, settings, flags, interrupt.signal);
  if (flags.watch) return await wheneverChanged(file, play, interrupt.signal);
  const code = await play();
  if (code !== 0) throw new EndWith(code);
}

/** @returns the exit code. @throws ScenarioInvalidError, and the error of a run that failed. */
async function playFile(file: string, settings: readonly Setting[], flags: ScenarioFlags, signal: AbortSignal) {
  const scenario = await loadScenario(file, settings);
  const trials = trialsOf(scenario, flags.repeat);
  const labels = trials.map(({ label }) => label);
  const baseline = flags.baseline === undefined ? undefined : baselineOf(flags.baseline, scenario.name, labels);
  // With --json, stdout is one document: the changes go to stderr.
  const worse = (runs: Parameters<typeof labelled>[0]) =>
    baseline !== undefined && printChanges(labelled(runs), baseline, flags.tolerance, flags.json ? note : say);
  const [only, ...more] = trials;
  if (only && more.length === 0) return playOnce(only, flags, signal, worse);
  const connection = await namedServer(flags);
  // By default one at a time: runs at the same time make each other slow. On one shared server they would even answer
  // each other's requests.
  const atOnce = connection ? 1 : (flags.parallel ?? 1);
  const actors = externalCommands(flags);
  return playMany(trials, flags, { actors, parallel: atOnce, connection, table: sweepTable, signal, compare: worse });
}

async function playOnce(
  { label, scenario }: Trial,
  flags: ScenarioFlags,
  signal: AbortSignal,
  worse: (runs: { label: string; result: RunResult }[]) => boolean,
): Promise<number> {
  placeForReports(flags.report);
  const played = await playAndShow(scenario, flags, signal);
  // The live picture is not the story: print it with the report.
  const story = !flags.json && !flags.quiet && live();
  if (!flags.json && !flags.quiet && !story) write("\n");
  const reporter = flags.json ? reporters.json : reporters.terminal;
  write(reporter(played, { width: width(), color: color(), story }));
  keepReports(played, flags.report, flags.json ? writeError : write);
  if (!flags.report && !flags.json && !flags.quiet) say(laterReports(played.result.history));
  return worse([{ label, result: played.result }]) ? 1 : exitCode(played.result.verdict);
}

/** On a terminal as a picture that is drawn again and again, else line by line. */
async function playAndShow(scenario: Scenario, flags: ScenarioFlags, signal: AbortSignal) {
  const connection = await namedServer(flags);
  using view = viewOf(scenario, flags, connection === undefined);
  let history: string | undefined;
  const played = await runScenario(scenario, {
    signal,
    onHistory: (folder) => {
      history = folder;
    },
    onProgress: view.note,
    onEvent: view.onEvent,
    actors: externalCommands(flags),
    connection,
    seed: flags.seed,
    serverVersion: flags.serverVersion,
    historyRoot: flags.history ?? defaultHistoryRoot(terminal().env),
  }).catch((error) => {
    const folder = history;
    if (folder) keepBrokenReports(() => brokenRun(scenario, folder, explain(error, false)), flags.report);
    throw error;
  });
  view.finish?.();
  return played;
}

function viewOf(scenario: Scenario, flags: ScenarioFlags, ownServer: boolean): LiveView {
  const { json, quiet } = flags;
  if (json || quiet) return { note, [Symbol.dispose]: () => {} };
  if (live()) return openLive(scenario, ownServer);
  const story = new Story({ width: width(), color: color() });
  const print = (line: string | undefined) => line !== undefined && write(`${line}\n`);
  return { note, onEvent: (event) => print(story.line(event)), [Symbol.dispose]: () => {} };
}

/** `jsrr scenarios`. Loads all files first: a bad one is an error before anything runs. */
export async function playScenarios(names: readonly string[], flags: ScenariosFlags): Promise<void> {
  const files =
    names.length > 0 ? await Promise.all(names.map(resolveScenario)) : (await findScenarios()).map(({ file }) => file);
  const settings = (flags.set ?? []).map(parseSetting);
  const scenarios = await Promise.all(files.map((file) => loadScenario(file, settings)));
  const trials = scenarios.flatMap((scenario) => trialsOf(scenario, flags.repeat));
  using interrupt = interruptible();
  const { parallel } = flags;
  const code = await playMany(trials, flags, { parallel, table: trialsTable, signal: interrupt.signal });
  if (code !== 0) throw new EndWith(code);
}

interface ManyOptions {
  /** Runs at the same time. */
  parallel: number;
  /** One server for all, instead of one for each run. */
  connection?: ConnectionSettings | undefined;
  /** What runs in the place of external actors. */
  actors?: RunOptions["actors"];
  table: (outcomes: readonly TrialOutcome[], width: number) => string;
  signal: AbortSignal;
  /** Prints what changed since a baseline, after the table. @returns whether it is worse */
  compare?: (outcomes: readonly TrialOutcome[]) => boolean;
}

/** @returns the exit code */
async function playMany(trials: readonly Trial[], flags: PlayFlags, options: ManyOptions) {
  const { parallel, connection, actors, table, signal, compare } = options;
  const reports = flags.report === undefined ? undefined : new ReportsOfMany(trials, flags.report);
  let done = 0;
  const outcomes = await runTrials(trials, {
    parallel,
    // Apart from the histories of single runs, of which only the newest are kept.
    historyRoot: flags.history ?? join(defaultHistoryRoot(terminal().env), "scenarios"),
    signal,
    connection,
    actors,
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
