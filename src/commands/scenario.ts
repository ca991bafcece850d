// `jsrr scenario`: runs one scenario on a real server, tells it live, and ends with its verdict.
import { Command } from "commander";
import { exitCode } from "../history/exit-code.js";
import { reporters, Story } from "../report/index.js";
import { type RunOptions, runScenario } from "../runner/run.js";
import { resolveScenario } from "../scenario/catalogue.js";
import { loadScenario } from "../scenario/load.js";
import { addConnectionOptions, type ConnectionFlags, namedServer } from "./connection-options.js";
import { EndWith } from "./failure.js";
import { color, note, say, width } from "./output.js";
import { interruptible } from "./signals.js";

interface Flags extends ConnectionFlags {
  json?: boolean;
  quiet?: boolean;
  history?: string;
}

export function scenarioCommand(): Command {
  const command = new Command("scenario")
    .description("run a scenario on a real nats-server and judge it")
    .argument("<name|file>", "a scenario of the kit (see `jsrr list`), or the path of a YAML file")
    .option("--json", "print the result as one JSON document, and nothing else on stdout")
    .option("-q, --quiet", "print the summary only, not the story as it happens")
    .option("--history <folder>", "keep the run's history here")
    .action(run);
  return addConnectionOptions(command, "a server of the kit's own");
}

async function run(nameOrFile: string, flags: Flags): Promise<void> {
  const scenario = await loadScenario(await resolveScenario(nameOrFile));
  using interrupt = interruptible();
  const result = await runScenario(scenario, { ...options(flags), signal: interrupt.signal });
  const reporter = flags.json ? reporters.json : reporters.terminal;
  if (!flags.json && !flags.quiet) say("");
  process.stdout.write(reporter(result, { width: width(), color: color() }));
  const code = exitCode(result.result.verdict);
  if (code !== 0) throw new EndWith(code);
}

function options(flags: Flags): RunOptions {
  const connection = namedServer(flags);
  const story = flags.json || flags.quiet ? undefined : new Story({ width: width(), color: color() });
  return {
    onProgress: note,
    ...(connection ? { connection } : {}),
    ...(flags.history ? { historyRoot: flags.history } : {}),
    ...(story ? { onEvent: (event) => tell(story.line(event)) } : {}),
  };
}

const tell = (line: string | undefined) => line !== undefined && say(line);
