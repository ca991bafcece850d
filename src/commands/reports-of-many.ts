// The reports of many runs: a folder for each, one JUnit file for all, and a page that leads to them.
import { resolve } from "node:path";
import type { Run } from "../history/result.js";
import { type Overview, overview } from "../report/html/index.js";
import { junitOfAll, type Suite } from "../report/junit.js";
import { prepareReports, writeFiles, writeReports } from "../report/write.js";
import { sweepCells } from "../trials/sweep-table.js";
import type { Trial, TrialOutcome } from "../trials/trial.js";

const page = "index.html";
const suitesFile = "junit.xml";

export class ReportsOfMany {
  readonly #folder: string;
  /** In the order of the trials. A name is a folder and a suite: the second run of a scenario is `lunch-2`. */
  readonly #names = new Map<Trial, string>();
  readonly #suites = new Map<Trial, Suite>();

  /** @throws UnwritableReports before anything has run. */
  constructor(trials: readonly Trial[], folder: string) {
    this.#folder = folder;
    prepareReports(folder, [page, suitesFile]);
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

  /** At once: its events need not be held until all have run. */
  keep(trial: Trial, run: Run): void {
    const name = this.#names.get(trial) ?? trial.label;
    writeReports(run, resolve(this.#folder, name));
    const { events, ...rest } = run;
    this.#suites.set(trial, { ...rest, name });
  }

  /** @param outcomes of all trials in order; those that were skipped are in the reports, too. @returns where they are, in a line. */
  finish(outcomes: readonly TrialOutcome[]): string {
    const suites: Suite[] = [];
    [...this.#names].forEach(([trial, name], i) => {
      const { state, reason = "", durationMs = 0 } = outcomes[i] ?? {};
      const suite = this.#suites.get(trial);
      if (suite) suites.push(suite);
      else if (state === "skipped") suites.push({ name, skipped: reason, durationMs });
    });
    const left = this.#names.size - suites.length;
    const cells = sweepCells(outcomes);
    const shown: Overview = { suites, left, ...(cells && { cells }) };
    writeFiles(this.#folder, [
      { file: page, text: overview(shown) },
      { file: suitesFile, text: junitOfAll("jsrr scenarios", suites) },
    ]);
    return `Reports   ${resolve(this.#folder, page)}`;
  }
}
