// `jsrr compare`: what happens to request, effect and reply, by situation and reply strategy, on a real server.
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { type LabReplyStrategy, labReplyStrategies } from "../protocol/events.js";
import { indexPage } from "../report/page-names.js";
import { defaultHistoryRoot, rememberPlace } from "../runner/history-folder.js";
import { EndWith, exit } from "./exit.js";
import { listOf, serverVersion, wholeNumber } from "./options.js";
import { interruptible } from "./signals.js";
import { color, note, say, sayJson, terminal, write } from "./terminal.js";

interface Flags {
  situations?: string;
  strategies?: LabReplyStrategy[];
  parallel: number;
  json?: boolean;
  serverVersion?: string;
  quiet?: boolean;
  history?: string;
  report?: string;
}

export const configure = (command: Command): Command =>
  command
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
    .option("--report <folder>", "write an HTML page of the comparison here, and the reports of each run")
    .addHelpText("after", "\nExits with 0 when every cell is what is known of it, with 1 when one differs.")
    .action(run);

/** Loads the laboratory, which `--help` does not need. */
async function run(flags: Flags): Promise<void> {
  const { compare, situationNames } = await import("../compare/compare.js");
  const [{ compareTable }, { comparePage }, { prepareReports, writeFiles, writeReports }] = await Promise.all([
    import("../compare/table.js"),
    import("../compare/page.js"),
    import("../report/write.js"),
  ]);
  const situations = flags.situations ? listOf("--situations", ...situationNames)(flags.situations) : situationNames;
  const { report } = flags;
  if (report !== undefined) prepareReports(report, [indexPage]);
  using interrupt = interruptible();
  const comparison = await compare({
    situations,
    strategies: flags.strategies ?? labReplyStrategies,
    parallel: flags.parallel,
    // Apart from the histories of single runs, of which only the newest are kept.
    historyRoot: flags.history ?? join(defaultHistoryRoot(terminal().env), "compare"),
    signal: interrupt.signal,
    serverVersion: flags.serverVersion,
    onProgress: flags.quiet ? undefined : note,
    onRun:
      report === undefined
        ? undefined
        : (name, run) => void writeReports(run, join(report, name), { overview: `../${indexPage}` }),
  });
  if (flags.json) sayJson(comparison);
  else write(compareTable(comparison, { color: color() }));
  if (report !== undefined) {
    rememberPlace(report, terminal().env);
    writeFiles(report, [{ file: indexPage, text: comparePage(comparison) }]);
    (flags.json ? note : say)(`\nReports   ${resolve(report, indexPage)}`);
  }
  if (!comparison.asExpected) throw new EndWith(exit.violated);
}
