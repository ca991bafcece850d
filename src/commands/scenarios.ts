// `jsrr scenarios`: many scenarios, or one many times, with a table of what came of them.
import { availableParallelism } from "node:os";
import { Command } from "commander";
import { each, serverVersion, wholeNumber } from "./arguments.js";
import type { ScenariosFlags } from "./run-scenarios.js";

export function scenariosCommand(): Command {
  return new Command("scenarios")
    .description("run many scenarios, each on a real server of its own, and show what came of them")
    .argument("[names|files...]", "these scenarios (default: all of the kit)")
    .option(
      "--parallel <n>",
      "runs at the same time; by default one for each processor",
      wholeNumber("--parallel", 1, 64),
      availableParallelism(),
    )
    .option(
      "--set <path=value>",
      "change each file before it is read, e.g. setup.ack_wait=2s; repeatable",
      each,
    )
    .option(
      "--repeat <n>",
      "how often to run each (default: as its file says)",
      wholeNumber("--repeat", 1, 10_000),
    )
    .option(
      "--seed <n>",
      "play everything random as in the run with this seed",
      wholeNumber("--seed", 0, 2 ** 32 - 1),
    )
    .option(...serverVersion)
    .option("--json", "print the results as one JSON document, and nothing else on stdout")
    .option("-q, --quiet", "no progress on stderr")
    .option("--history <folder>", "keep the histories of the runs here")
    .option(
      "--report <folder>",
      "write reports here: a page for all, one JUnit file, and a folder for each run",
    )
    .addHelpText(
      "after",
      "\nExits with 0 when all held, 1 when one was violated, 2 when one was\ninconclusive or none could run, 3 when a run failed.",
    )
    .action(async (scenarios: string[], flags: ScenariosFlags) => {
      const { runScenarios } = await import("./run-scenarios.js");
      await runScenarios(scenarios, flags);
    });
}
