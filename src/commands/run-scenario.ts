// What `jsrr scenario` does: load, run, tell, and end with the code of the verdict. Once, or whenever the file changes.

import type { RunResult } from "../history/result.js";
import { exitCode } from "../history/verdict.js";
import { reporters, Story } from "../report/index.js";
import { defaultHistoryRoot } from "../runner/history-folder.js";
import { runScenario } from "../runner/run.js";
import { brokenRun } from "../runner/saved-run.js";
import { resolveScenario } from "../scenario/catalogue.js";
import { loadScenario } from "../scenario/load.js";
import type { Scenario } from "../scenario/model.js";
import { parseSetting, type Setting } from "../scenario/setting.js";
import { sweepTable } from "../trials/table.js";
import { type Trial, trialsOf } from "../trials/trial.js";
import { baselineOf, labelled, tellChanges } from "./baseline.js";
import { EndWith, explain } from "./errors.js";
import { openLive, type Watcher } from "./live.js";
import type { ScenarioFlags } from "./options.js";
import { namedServer } from "./options.js";
import { keepBrokenReports, keepReports, laterReports, placeForReports } from "./reports.js";
import { playMany } from "./run-trials.js";
import { interruptible } from "./signals.js";
import { color, live, note, say, terminal, width, write } from "./terminal.js";
import { wheneverChanged } from "./watch.js";

export async function runCommand(nameOrFile: string, flags: ScenarioFlags): Promise<void> {
  const file = await resolveScenario(nameOrFile);
  const settings = (flags.set ?? []).map(parseSetting);
  using interrupt = interruptible();
  const play = () => playFile(file, settings, flags, interrupt.signal);
  if (flags.watch) return await wheneverChanged(file, play, interrupt.signal);
  const code = await play();
  if (code !== 0) throw new EndWith(code);
}

/** @returns the exit code. @throws ScenarioInvalidError, and what the run itself could not do. */
async function playFile(
  file: string,
  settings: readonly Setting[],
  flags: ScenarioFlags,
  signal: AbortSignal,
) {
  const scenario = await loadScenario(file, settings);
  const trials = trialsOf(scenario, flags.repeat);
  const labels = trials.map(({ label }) => label);
  const baseline =
    flags.baseline === undefined ? undefined : baselineOf(flags.baseline, scenario.name, labels);
  const worse = (runs: Parameters<typeof labelled>[0]) =>
    baseline !== undefined && tellChanges(labelled(runs), baseline, flags.tolerance, flags.json ? note : say);
  const [only, ...more] = trials;
  if (only && more.length === 0) return playOnce(only, flags, signal, worse);
  const connection = namedServer(flags);
  // One at a time unless told otherwise: runs at the same time make each other slow. On one given server they would even
  // answer each other's requests.
  const parallel = connection ? 1 : (flags.parallel ?? 1);
  return playMany(trials, flags, { parallel, connection, table: sweepTable, signal, compare: worse });
}

/** With --json, `worse` tells what changed on stderr: stdout is one document. */
async function playOnce(
  { label, scenario }: Trial,
  flags: ScenarioFlags,
  signal: AbortSignal,
  worse: (runs: { label: string; result: RunResult }[]) => boolean,
): Promise<number> {
  placeForReports(flags.report);
  const run = await watched(scenario, flags, signal);
  // Who watched a picture has not read the story yet.
  const story = !flags.json && !flags.quiet && live();
  if (!flags.json && !flags.quiet && !story) say("");
  const reporter = flags.json ? reporters.json : reporters.terminal;
  write(reporter(run, { width: width(), color: color(), story }));
  keepReports(run, flags.report, flags.json ? note : say);
  if (!flags.report && !flags.json && !flags.quiet) say(laterReports(run.result.history));
  return worse([{ label, result: run.result }]) ? 1 : exitCode(run.result.verdict);
}

/** Runs it, and shows it on the way: as a picture where there is a terminal, else line by line. */
async function watched(scenario: Scenario, flags: ScenarioFlags, signal: AbortSignal) {
  const connection = namedServer(flags);
  using view = watch(scenario, flags);
  let history: string | undefined;
  const run = await runScenario(scenario, {
    signal,
    onHistory: (folder) => {
      history = folder;
    },
    onProgress: view.note,
    ...(connection ? { connection } : {}),
    ...(flags.seed === undefined ? {} : { seed: flags.seed }),
    ...(flags.serverVersion !== undefined && { serverVersion: flags.serverVersion }),
    historyRoot: flags.history ?? defaultHistoryRoot(terminal().env),
    ...(view.onEvent ? { onEvent: view.onEvent } : {}),
  }).catch((error) => {
    const folder = history;
    if (folder) keepBrokenReports(() => brokenRun(scenario, folder, explain(error, false)), flags.report);
    throw error;
  });
  view.finish?.();
  return run;
}

function watch(scenario: Scenario, { json, quiet }: ScenarioFlags): Watcher {
  if (json || quiet) return { note, [Symbol.dispose]: () => {} };
  if (live()) return openLive(scenario);
  const story = new Story({ width: width(), color: color() });
  const tell = (line: string | undefined) => line !== undefined && say(line);
  return { note, onEvent: (event) => tell(story.line(event)), [Symbol.dispose]: () => {} };
}
