// Where a command leaves the reports of a run, and how it says so.
import { resolve } from "node:path";
import type { Run } from "../history/result.js";
import { reports } from "../report/index.js";
import { layout } from "../report/layout.js";
import { appendStepSummary, prepareReports, writeReports } from "../report/write.js";
import { called } from "./called.js";
import { color, note, width } from "./output.js";
import { terminal } from "./terminal.js";

/** Before the run: a folder that cannot be written to is told at once. */
export function placeForReports(folder: string | undefined): void {
  if (folder !== undefined) prepareReports(folder);
}

/** After a run that failed: nothing that goes wrong here may hide why. */
export function keepBrokenReports(run: () => Run, folder: string | undefined): void {
  try {
    keepReports(run(), folder, note);
  } catch (error) {
    note(`No reports were written: ${(error as Error).message}`);
  }
}

/** For who did not ask for reports: a saved history still has them. In one line, so that it can be copied. */
export const laterReports = (history: string) => `\nReports   ${called()} check ${history} --report DIR`;

/** After the run. A summary that nobody asked for by name is no reason to fail. */
export function keepReports(run: Run, folder: string | undefined, tell: (line: string) => void): void {
  if (folder !== undefined) {
    const files = writeReports(run, folder);
    const page = reports.html.file;
    const others = files.filter((file) => file !== page).join(", ");
    const items = [
      { text: resolve(folder, page), whole: true as const },
      { text: `and beside it ${others}` },
    ];
    tell(`\n${layout([[["Reports", items]]], { width: width(), color: color() }).trimEnd()}`);
  }
  const summary = terminal().env.GITHUB_STEP_SUMMARY;
  if (!summary) return;
  try {
    appendStepSummary(run, summary);
  } catch (error) {
    note(`No step summary was written: ${(error as Error).message}.`);
  }
}
