// `jsrr scenario`: runs one scenario on a real server, shows it live, and ends with the exit code of its verdict.
import type { Command } from "commander";
import type { RunResult } from "../history/result.js";
import { exitCode } from "../history/verdict.js";
import { reporters, Story } from "../report/index.js";
import { defaultHistoryRoot } from "../runner/history-folder.js";
import { runScenario } from "../runner/run.js";
import { brokenRun } from "../runner/run-result.js";
import { resolveScenario } from "../scenario/catalogue.js";
import { loadScenario } from "../scenario/load.js";
import type { Scenario } from "../scenario/model.js";
import { parseSetting, type Setting } from "../scenario/setting.js";
import { sweepTable } from "../trials/table.js";
import { type Trial, trialsOf } from "../trials/trial.js";
import { baselineOf, labelled, printChanges } from "./baseline.js";
import { explain } from "./errors.js";
import { EndWith } from "./exit.js";
import { type LiveView, openLive } from "./live.js";
import { type ManyFlags, playMany } from "./many-runs.js";
import {
  addConnectionOptions,
  type ConnectionFlags,
  namedServer,
  parallel,
  repeat,
  reportFolder,
  seed,
  serverVersion,
  set,
  wholeNumber,
} from "./options.js";
import { keepBrokenReports, keepReports, laterReports, placeForReports } from "./reports.js";
import { interruptible } from "./signals.js";
import { color, live, note, say, terminal, width, write } from "./terminal.js";
import { wheneverChanged } from "./watch.js";

interface Flags extends ConnectionFlags, ManyFlags {
  set?: string[];
  repeat?: number;
  parallel?: number;
  watch?: boolean;
  baseline?: string;
  /** Percent. */
  tolerance: number;
}

export const configure = (command: Command): Command =>
  addConnectionOptions(
    command
      .argument("<name|file>", "a scenario of the kit (see `jsrr list`), or the path of a YAML file")
      .option(...serverVersion)
      .option("--json", "print the result as one JSON document, and nothing else on stdout")
      .option("-q, --quiet", "print the summary only, not the story as it happens")
      .option("--history <folder>", "keep the run's history here")
      .option(...reportFolder)
      .option(...set("the file"))
      .option(...repeat("it (default: as the file says)"))
      .option(...parallel("of several runs, so many at the same time; their times disturb one another (default: 1)"))
      .option(...seed)
      .option("--watch", "run again whenever the file changes, until Ctrl-C")
      .option("--baseline <result>", "show what changed since this result (a file of --json, or a history's folder)")
      .option(
        "--tolerance <percent>",
        "how much slower than the baseline is no regression",
        wholeNumber("--tolerance", 0, 100_000),
        50,
      )
      .addHelpText(
        "after",
        "\nExits with 0 when it held, 1 when it was violated or is worse than the baseline,\n2 when it is inconclusive, 3 when the run failed, 4 for a bad file or arguments.",
      )
      .action(run),
    "a server of the kit's own",
  );

async function run(nameOrFile: string, flags: Flags): Promise<void> {
  const file = await resolveScenario(nameOrFile);
  const settings = (flags.set ?? []).map(parseSetting);
  using interrupt = interruptible();
  const play = () => playFile(file, settings, flags, interrupt.signal);
  if (flags.watch) return await wheneverChanged(file, play, interrupt.signal);
  const code = await play();
  if (code !== 0) throw new EndWith(code);
}

/** @returns the exit code. @throws ScenarioInvalidError, and the error of a run that failed. */
async function playFile(file: string, settings: readonly Setting[], flags: Flags, signal: AbortSignal) {
  const scenario = await loadScenario(file, settings);
  const trials = trialsOf(scenario, flags.repeat);
  const labels = trials.map(({ label }) => label);
  const baseline = flags.baseline === undefined ? undefined : baselineOf(flags.baseline, scenario.name, labels);
  // With --json, stdout is one document: the changes go to stderr.
  const worse = (runs: Parameters<typeof labelled>[0]) =>
    baseline !== undefined && printChanges(labelled(runs), baseline, flags.tolerance, flags.json ? note : say);
  const [only, ...more] = trials;
  if (only && more.length === 0) return playOnce(only, flags, signal, worse);
  const connection = namedServer(flags);
  // By default one at a time: runs at the same time make each other slow. On one shared server they would even answer
  // each other's requests.
  const atOnce = connection ? 1 : (flags.parallel ?? 1);
  return playMany(trials, flags, { parallel: atOnce, connection, table: sweepTable, signal, compare: worse });
}

async function playOnce(
  { label, scenario }: Trial,
  flags: Flags,
  signal: AbortSignal,
  worse: (runs: { label: string; result: RunResult }[]) => boolean,
): Promise<number> {
  placeForReports(flags.report);
  const played = await playAndShow(scenario, flags, signal);
  // The live picture is not the story: print it with the report.
  const story = !flags.json && !flags.quiet && live();
  if (!flags.json && !flags.quiet && !story) say("");
  const reporter = flags.json ? reporters.json : reporters.terminal;
  write(reporter(played, { width: width(), color: color(), story }));
  keepReports(played, flags.report, flags.json ? note : say);
  if (!flags.report && !flags.json && !flags.quiet) say(laterReports(played.result.history));
  return worse([{ label, result: played.result }]) ? 1 : exitCode(played.result.verdict);
}

/** On a terminal as a picture that is drawn again and again, else line by line. */
async function playAndShow(scenario: Scenario, flags: Flags, signal: AbortSignal) {
  const connection = namedServer(flags);
  using view = viewOf(scenario, flags);
  let history: string | undefined;
  const played = await runScenario(scenario, {
    signal,
    onHistory: (folder) => {
      history = folder;
    },
    onProgress: view.note,
    onEvent: view.onEvent,
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

function viewOf(scenario: Scenario, { json, quiet }: Flags): LiveView {
  if (json || quiet) return { note, [Symbol.dispose]: () => {} };
  if (live()) return openLive(scenario);
  const story = new Story({ width: width(), color: color() });
  const print = (line: string | undefined) => line !== undefined && say(line);
  return { note, onEvent: (event) => print(story.line(event)), [Symbol.dispose]: () => {} };
}
