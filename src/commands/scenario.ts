// `jsrr scenario`: runs one scenario on a real server, tells it live, and ends with its verdict.
import { Command } from "commander";
import { addConnectionOptions } from "./connection-options.js";
import type { ScenarioFlags } from "./run-scenario.js";

export function scenarioCommand(): Command {
  const command = new Command("scenario")
    .description("run a scenario on a real nats-server and judge it")
    .argument("<name|file>", "a scenario of the kit (see `jsrr list`), or the path of a YAML file")
    .option("--json", "print the result as one JSON document, and nothing else on stdout")
    .option("-q, --quiet", "print the summary only, not the story as it happens")
    .option("--history <folder>", "keep the run's history here")
    .option("--report <folder>", "write the run's reports here: text, JSON, JUnit, TAP, Mermaid and Markdown")
    .action(async (nameOrFile: string, flags: ScenarioFlags) => {
      // Reading scenarios takes a third of a second to load, which the other commands need not wait for.
      const { runCommand } = await import("./run-scenario.js");
      await runCommand(nameOrFile, flags);
    });
  return addConnectionOptions(command, "a server of the kit's own");
}
