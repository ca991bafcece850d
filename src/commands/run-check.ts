// What `jsrr check` does: read, judge, report, and end with the code of the verdict.
import { type CheckName, checks } from "../history/checks/index.js";
import { exitCode } from "../history/verdict.js";
import { reporters } from "../report/index.js";
import { judgeSavedRun } from "../runner/saved-run.js";
import { EndWith } from "./errors.js";
import { listOf } from "./options.js";
import { keepReports, placeForReports } from "./reports.js";
import { color, note, say, width, write } from "./terminal.js";

export interface CheckFlags {
  json?: boolean;
  story?: boolean;
  check?: string[];
  report?: string;
}

export async function runCheck(folder: string, flags: CheckFlags): Promise<void> {
  const names = Object.keys(checks) as CheckName[];
  const only = flags.check && listOf("--check", ...names)(flags.check.join(","));
  placeForReports(flags.report);
  const run = await judgeSavedRun(folder, only);
  const reporter = flags.json ? reporters.json : reporters.terminal;
  write(reporter(run, { width: width(), color: color(), story: flags.story === true }));
  keepReports(run, flags.report, flags.json ? note : say);
  const code = exitCode(run.result.verdict);
  if (code !== 0) throw new EndWith(code);
}
