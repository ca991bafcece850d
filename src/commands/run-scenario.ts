// What `jsrr scenario` does: load, run, tell, and end with the code of the verdict.
import { exitCode } from "../history/exit-code.js";
import { reporters, Story } from "../report/index.js";
import { defaultHistoryRoot } from "../runner/history-folder.js";
import { type RunOptions, runScenario } from "../runner/run.js";
import { resolveScenario } from "../scenario/catalogue.js";
import { loadScenario } from "../scenario/load.js";
import { type ConnectionFlags, namedServer } from "./connection-options.js";
import { EndWith } from "./failure.js";
import { color, note, say, width, write } from "./output.js";
import { interruptible } from "./signals.js";
import { terminal } from "./terminal.js";

export interface ScenarioFlags extends ConnectionFlags {
  json?: boolean;
  quiet?: boolean;
  history?: string;
}

export async function runCommand(nameOrFile: string, flags: ScenarioFlags): Promise<void> {
  const scenario = await loadScenario(await resolveScenario(nameOrFile));
  using interrupt = interruptible();
  const result = await runScenario(scenario, { ...options(flags), signal: interrupt.signal });
  const reporter = flags.json ? reporters.json : reporters.terminal;
  if (!flags.json && !flags.quiet) say("");
  write(reporter(result, { width: width(), color: color() }));
  const code = exitCode(result.result.verdict);
  if (code !== 0) throw new EndWith(code);
}

function options(flags: ScenarioFlags): RunOptions {
  const connection = namedServer(flags);
  const story = flags.json || flags.quiet ? undefined : new Story({ width: width(), color: color() });
  return {
    onProgress: note,
    ...(connection ? { connection } : {}),
    historyRoot: flags.history ?? defaultHistoryRoot(terminal().env),
    ...(story ? { onEvent: (event) => tell(story.line(event)) } : {}),
  };
}

const tell = (line: string | undefined) => line !== undefined && say(line);
