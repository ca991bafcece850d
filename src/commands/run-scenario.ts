// What `jsrr scenario` does: load, run, tell, and end with the code of the verdict.
import { exitCode } from "../history/exit-code.js";
import { reporters, Story } from "../report/index.js";
import { defaultHistoryRoot } from "../runner/history-folder.js";
import { runScenario } from "../runner/run.js";
import { resolveScenario } from "../scenario/catalogue.js";
import { loadScenario } from "../scenario/load.js";
import type { Scenario } from "../scenario/model.js";
import { type ConnectionFlags, namedServer } from "./connection-options.js";
import { EndWith } from "./failure.js";
import { openLive, type Watcher } from "./live.js";
import { color, live, note, say, width, write } from "./output.js";
import { keepReports, placeForReports } from "./reports.js";
import { interruptible } from "./signals.js";
import { terminal } from "./terminal.js";

export interface ScenarioFlags extends ConnectionFlags {
  json?: boolean;
  quiet?: boolean;
  history?: string;
  report?: string;
}

export async function runCommand(nameOrFile: string, flags: ScenarioFlags): Promise<void> {
  const scenario = await loadScenario(await resolveScenario(nameOrFile));
  placeForReports(flags.report);
  using interrupt = interruptible();
  const run = await watched(scenario, flags, interrupt.signal);
  // Who watched a picture has not read the story yet.
  const story = !flags.json && !flags.quiet && live();
  if (!flags.json && !flags.quiet && !story) say("");
  const reporter = flags.json ? reporters.json : reporters.terminal;
  write(reporter(run, { width: width(), color: color(), story }));
  keepReports(run, flags.report, flags.json ? note : say);
  const code = exitCode(run.result.verdict);
  if (code !== 0) throw new EndWith(code);
}

/** Runs it, and shows it on the way: as a picture where there is a terminal, else line by line. */
async function watched(scenario: Scenario, flags: ScenarioFlags, signal: AbortSignal) {
  const connection = namedServer(flags);
  using view = watch(scenario, flags);
  const run = await runScenario(scenario, {
    signal,
    onProgress: view.note,
    ...(connection ? { connection } : {}),
    historyRoot: flags.history ?? defaultHistoryRoot(terminal().env),
    ...(view.onEvent ? { onEvent: view.onEvent } : {}),
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
