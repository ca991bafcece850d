// What `jsrr check` does: read, judge, report, and end with the code of the verdict.
import { type CheckName, checks } from "../history/checks/index.js";
import { exitCode } from "../history/exit-code.js";
import { reporters } from "../report/index.js";
import { judgeSavedRun } from "../runner/saved-run.js";
import { listOf } from "./arguments.js";
import { EndWith } from "./failure.js";
import { color, width, write } from "./output.js";

export interface CheckFlags {
  json?: boolean;
  story?: boolean;
  check?: string[];
}

export async function runCheck(folder: string, flags: CheckFlags): Promise<void> {
  const names = Object.keys(checks) as CheckName[];
  const only = flags.check && listOf("--check", ...names)(flags.check.join(","));
  const run = await judgeSavedRun(folder, only);
  const reporter = flags.json ? reporters.json : reporters.terminal;
  write(reporter(run, { width: width(), color: color(), story: flags.story === true }));
  const code = exitCode(run.result.verdict);
  if (code !== 0) throw new EndWith(code);
}
