// `jsrr check`: judges a saved history again, without a server.
import type { Command } from "commander";
import { type CheckName, checks } from "../history/checks/index.js";
import { exitCode } from "../history/verdict.js";
import { EndWith } from "./exit.js";
import { listOf, reportFolder } from "./options.js";
import { color, width, write, writeError } from "./terminal.js";

interface Flags {
  json?: boolean;
  story?: boolean;
  check?: string[];
  report?: string;
}

export const configure = (command: Command): Command =>
  command
    .argument("<folder>", "a run's history: the folder that its report names")
    .option("--json", "print the result as one JSON document, and nothing else on stdout")
    .option("--story", "tell what happened, too")
    .option(...reportFolder)
    .option("--check <names...>", "judge by these checks only, and not by the saved scenario's")
    .action(run);

/** Loads the reports and the laboratory, which `--help` does not need. */
async function run(folder: string, flags: Flags): Promise<void> {
  const [{ limitGarbage }, { reporters }, { judgeSavedRun }, { keepReports, placeForReports }] = await Promise.all([
    import("./runs/memory.js"),
    import("../report/index.js"),
    import("../runner/run-result.js"),
    import("./runs/reports.js"),
  ]);
  limitGarbage();
  const names = Object.keys(checks) as CheckName[];
  const only = flags.check && listOf("--check", ...names)(flags.check.join(","));
  placeForReports(flags.report);
  const judged = await judgeSavedRun(folder, only);
  const reporter = flags.json ? reporters.json : reporters.terminal;
  write(reporter(judged, { width: width(), color: color(), story: flags.story === true }));
  keepReports(judged, flags.report, flags.json ? writeError : write);
  const code = exitCode(judged.result.verdict);
  if (code !== 0) throw new EndWith(code);
}
