// `jsrr explore`: draws scenarios from a seed, runs them on real servers, and saves each violation as a small scenario file.
import type { Command } from "commander";
import { duration, each, oneOf, seed, serverVersion, wholeNumber } from "./options.js";
import type { ExploreFlags } from "./runs/explore.js";

export const configure = (command: Command): Command =>
  command
    .argument(
      "[base]",
      "a scenario file whose actors, settings and requests every run has; default: a requester and a responder of the kit",
    )
    .option(...seed)
    .option(
      "--runs <n>",
      "experiments to draw, without those that confirm and shrink",
      wholeNumber("--runs", 1, 1_000_000),
      200,
    )
    .option("--for <duration>", "end after this time, whatever is left", duration("--for"))
    .option(
      "--faults <patterns>",
      'faults to draw, like "kill-*,partition"; "none" for none (default: all that damage no store)',
    )
    .option("--nodes <n>", "1 server, or a cluster of 3", oneOf("--nodes", "1", "3"), "1")
    .option("--actor <name=command>", "run this in the place of an external actor; no shell reads it; repeatable", each)
    .option("--actor-env <KEY=value>", "add this to the environment of the external actors; repeatable", each)
    .option("--actor-cwd <folder>", "the working directory of the external actors")
    .option("--actor-ready <name=text>", "it is ready when it prints this; default: when it pulls; repeatable", each)
    .option(...serverVersion)
    .option("--report <folder>", "write the found files and a page of the exploration here", "explored")
    .option("--history <folder>", "keep the histories of the newest 50 runs here")
    .option("--json", "print the result as one JSON document, and nothing else on stdout")
    .option("-q, --quiet", "no progress on stderr")
    .addHelpText(
      "after",
      "\nExits with 0 when nothing was found, 1 when a check was violated, 2 when no run was conclusive,\n3 when every run failed, 4 for a bad file or arguments.",
    )
    .action(async (base: string | undefined, flags: ExploreFlags) =>
      (await import("./runs/explore.js")).playExploration(base, flags),
    );
