// `jsrr scenario`: runs one scenario on a real server, tells it live, and ends with its verdict.

import { Command } from "commander";
import {
  addConnectionOptions,
  parallel,
  repeat,
  type ScenarioFlags,
  seed,
  serverVersion,
  set,
  wholeNumber,
} from "./options.js";

export function scenarioCommand(): Command {
  const command = new Command("scenario")
    .description("run a scenario on a real nats-server and judge it")
    .argument("<name|file>", "a scenario of the kit (see `jsrr list`), or the path of a YAML file")
    .option(...serverVersion)
    .option("--json", "print the result as one JSON document, and nothing else on stdout")
    .option("-q, --quiet", "print the summary only, not the story as it happens")
    .option("--history <folder>", "keep the run's history here")
    .option(
      "--report <folder>",
      "write the run's reports here: HTML, text, JSON, JUnit, Mermaid and Markdown",
    )
    .option(...set("the file"))
    .option(...repeat("it (default: as the file says)"))
    .option(
      ...parallel("of several runs, so many at the same time; their times disturb one another (default: 1)"),
    )
    .option(...seed)
    .option("--watch", "run again whenever the file changes, until Ctrl-C")
    .option(
      "--baseline <result>",
      "show what changed since this result (a file of --json, or a history's folder)",
    )
    .option(
      "--tolerance <percent>",
      "how much slower than the baseline is no regression",
      wholeNumber("--tolerance", 0, 100_000),
      50,
    )
    .action(async (nameOrFile: string, flags: ScenarioFlags) => {
      // Reading scenarios takes a third of a second to load, which the other commands need not wait for.
      const { runCommand } = await import("./run-scenario.js");
      await runCommand(nameOrFile, flags);
    });
  command.addHelpText(
    "after",
    "\nExits with 0 when it held, 1 when it was violated or is worse than the baseline,\n2 when it is inconclusive, 3 when the run failed, 4 for a bad file or arguments.",
  );
  return addConnectionOptions(command, "a server of the kit's own");
}
