// Reports of runs: writes them into the folder of `--report`, and prints where they are.
import { resolve } from "node:path";
import type { Run } from "../../history/result.js";
import { overview } from "../../report/html/overview.js";
import { reports } from "../../report/index.js";
import { junitOfAll, type Suite } from "../../report/junit.js";
import { indexPage } from "../../report/page-names.js";
import { layout } from "../../report/text-layout.js";
import { appendStepSummary, prepareReports, writeFiles, writeReports } from "../../report/write.js";
import { rememberPlace } from "../../runner/history-folder.js";
import { sweepCells } from "../../trials/table.js";
import type { Trial, TrialOutcome } from "../../trials/trial.js";
import { called, color, note, terminal, width, writeError } from "../terminal.js";

/** Before the run, so that an unwritable folder is an error at once. */
export function placeForReports(folder: string | undefined): void {
  if (folder !== undefined) prepareReports(folder);
}

/** After a run that failed: an error here must not hide the reason. */
export function keepBrokenReports(run: () => Run, folder: string | undefined): void {
  try {
    keepReports(run(), folder, writeError);
  } catch (error) {
    note(`No reports were written: ${(error as Error).message}`);
  }
}

/** Without `--report`: the command that makes the reports from the history. In one line, so that it can be copied. */
export const laterReports = (history: string) => `\nReports   ${called()} check ${history} --report DIR`;

/** After the run. `print` gets where the reports are, with line ends. A step summary that cannot be written does not fail the command. */
export function keepReports(run: Run, folder: string | undefined, print: (line: string) => void): void {
  if (folder !== undefined) {
    const files = writeReports(run, folder);
    const page = reports.html.file;
    const others = files.filter((file) => file !== page).join(", ");
    const items = [{ text: resolve(folder, page), whole: true as const }, { text: `and beside it ${others}` }];
    print(`\n${layout([[["Reports", items]]], { width: width(), color: color() })}`);
  }
  rememberPlace(folder ?? run.result.history, terminal().env);
  const summary = terminal().env.GITHUB_STEP_SUMMARY;
  if (!summary) return;
  try {
    appendStepSummary(run, summary);
  } catch (error) {
    note(`No step summary was written: ${(error as Error).message}.`);
  }
}

const suitesFile = "junit.xml";

/** The reports of many runs: a folder for each, one JUnit file for all, and a page with links to them. */
export class ReportsOfMany {
  readonly #folder: string;
  /** In the order of the trials. A name is a folder and a suite: the second run of a scenario is `lunch-2`. */
  readonly #names = new Map<Trial, string>();
  readonly #suites = new Map<Trial, Suite>();

  /** @throws UnwritableReportsError before anything has run. */
  constructor(trials: readonly Trial[], folder: string) {
    this.#folder = folder;
    prepareReports(folder, [indexPage, suitesFile]);
    const times = new Map<string, number>();
    for (const trial of trials) {
      const base = trial.label.replace(/[^\w.-]+/g, "-").replace(/^\.+/, "") || "run";
      const n = (times.get(base) ?? 0) + 1;
      times.set(base, n);
      const name = n === 1 ? base : `${base}-${n}`;
      this.#names.set(trial, name);
      prepareReports(resolve(folder, name));
    }
  }

  /** Writes them at once, so that the events need not be kept until all have run. */
  keep(trial: Trial, run: Run): void {
    const name = this.#names.get(trial) ?? trial.label;
    writeReports(run, resolve(this.#folder, name), { overview: `../${indexPage}` });
    const { events, ...rest } = run;
    this.#suites.set(trial, { ...rest, name });
  }

  /** @param outcomes of all trials in order; the reports list the skipped ones, too. @returns a line with the page's path. */
  finish(outcomes: readonly TrialOutcome[]): string {
    const suites: Suite[] = [];
    [...this.#names].forEach(([trial, name], i) => {
      const { state, reason = "", durationMs = 0 } = outcomes[i] ?? {};
      const suite = this.#suites.get(trial);
      if (suite) suites.push(suite);
      else if (state === "skipped") suites.push({ name, skipped: reason, durationMs });
    });
    const left = this.#names.size - suites.length;
    writeFiles(this.#folder, [
      { file: indexPage, text: overview({ suites, left, cells: sweepCells(outcomes) }) },
      { file: suitesFile, text: junitOfAll("jsrr scenarios", suites) },
    ]);
    rememberPlace(this.#folder, terminal().env);
    return `Reports   ${resolve(this.#folder, indexPage)}`;
  }
}
