// `jsrr scenarios`: many scenarios, or each of them many times, with a table of their verdicts.
import { availableParallelism } from "node:os";
import type { Command } from "commander";
import { parallel, repeat, seed, serverVersion, set } from "./options.js";
import type { ScenariosFlags } from "./runs/play.js";

export const configure = (command: Command): Command =>
  command
    .argument("[names|files...]", "these scenarios (default: all of the kit)")
    .option(...parallel("runs at the same time; by default one for each processor"), availableParallelism())
    .option(...set("each file"))
    .option(...repeat("each (default: as its file says)"))
    .option(...seed)
    .option(...serverVersion)
    .option("--json", "print the results as one JSON document, and nothing else on stdout")
    .option("-q, --quiet", "no progress on stderr")
    .option("--history <folder>", "keep the histories of the runs here")
    .option("--report <folder>", "write reports here: a page for all, one JUnit file, and a folder for each run")
    .addHelpText(
      "after",
      "\nExits with 0 when all held, 1 when one was violated, 2 when one was\ninconclusive or none could run, 3 when a run failed.",
    )
    .action(async (names: string[], flags: ScenariosFlags) =>
      (await import("./runs/play.js")).playScenarios(names, flags),
    );
