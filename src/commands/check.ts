// `jsrr check`: judges a saved history again, without a server.

import { Command } from "commander";
import type { CheckFlags } from "./run-check.js";

export function checkCommand(): Command {
  return new Command("check")
    .description("judge a saved history again, without a server")
    .argument("<folder>", "a run's history: the folder that its report names")
    .option("--json", "print the result as one JSON document, and nothing else on stdout")
    .option("--story", "tell what happened, too")
    .option(
      "--report <folder>",
      "write the run's reports here: HTML, text, JSON, JUnit, Mermaid and Markdown",
    )
    .option("--check <names...>", "judge by these checks only, and not by the saved scenario's")
    .action(async (folder: string, flags: CheckFlags) => {
      const { runCheck } = await import("./run-check.js");
      await runCheck(folder, flags);
    });
}
