// `jsrr scenario`: runs one scenario on a real server, shows it live, and ends with the exit code of its verdict.
import type { Command } from "commander";
import {
  addConnectionOptions,
  duration,
  each,
  parallel,
  repeat,
  reportFolder,
  seed,
  serverVersion,
  set,
  wholeNumber,
} from "./options.js";
import type { ScenarioFlags } from "./runs/play.js";

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
      .option(
        "--actor <name=command>",
        "run this in the place of an external actor; no shell reads it; repeatable",
        each,
      )
      .option("--actor-env <KEY=value>", "add this to the environment of the external actors; repeatable", each)
      .option("--actor-cwd <folder>", "the working directory of the external actors")
      .option(
        "--actor-ready <name=sign>",
        "it is ready when it prints this text or /pattern/, or listens on this :port; default: when it pulls; repeatable",
        each,
      )
      .option(
        "--actor-ready-within <time>",
        "the longest time until it is ready (default: 30s)",
        duration("--actor-ready-within"),
      )
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
      .action(async (file: string, flags: ScenarioFlags) => (await import("./runs/play.js")).playScenario(file, flags)),
    { server: "NATS_URL; otherwise a server of the kit's own", context: "NATS_CONTEXT; never the selected one" },
  );
