// `jsrr compare`: what happens to request, effect and reply, by situation and reply strategy, on a real server.

import { Command } from "commander";
import { labReplyStrategies } from "../protocol/events.js";
import { listOf, serverVersion, wholeNumber } from "./options.js";
import type { CompareFlags } from "./run-compare.js";

export function compareCommand(): Command {
  return new Command("compare")
    .description("run every situation with every reply strategy on real servers, and show what happens")
    .option("--situations <names>", "only these, with commas between them (default: all)")
    .option(
      "--strategies <names>",
      `only these of ${labReplyStrategies.join(",")}`,
      listOf("--strategies", ...labReplyStrategies),
    )
    .option("--parallel <n>", "runs at the same time", wholeNumber("--parallel", 1, 16), 2)
    .option(...serverVersion)
    .option("--json", "print the comparison as one JSON document, and nothing else on stdout")
    .option("-q, --quiet", "no progress on stderr")
    .option("--history <folder>", "keep the histories of the runs here")
    .addHelpText("after", "\nExits with 0 when every cell is what is known of it, with 1 when one differs.")
    .action(async (flags: CompareFlags) => {
      // Reading scenarios takes a third of a second to load, which the other commands need not wait for.
      const { runCompare } = await import("./run-compare.js");
      await runCompare(flags);
    });
}
