// Found violations: each as a scenario file that shows it, with the history and the reports of one run.
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Run } from "../history/result.js";
import { writeReports } from "../report/write.js";
import type { Shown } from "./confirm.js";
import { type ScenarioData, textOf } from "./scenario-data.js";

export interface Found {
  /** The violated check, or `unanswered`. */
  check: string;
  seed: number;
  /** Of the saved file. */
  shown: Shown;
  /** False if another violation of this check was shrunk before. */
  shrunk: boolean;
  steps: number;
  /** What the check said. */
  detail: string;
  /** The name of the scenario. */
  name: string;
  file: string;
}

export const foundName = (check: string, seed: number) => `found-${check}-${seed}`;

/** @returns the path of the scenario file. */
export function saveFound(folder: string, name: string, data: ScenarioData, run: Run | undefined): string {
  const place = resolve(folder, name);
  mkdirSync(place, { recursive: true });
  const file = `${place}.yaml`;
  writeFileSync(file, textOf({ ...data, scenario: name }));
  if (run) {
    writeReports(run, place, { overview: "../index.html" });
    if (run.result.history) cpSync(run.result.history, join(place, "history"), { recursive: true });
  }
  return file;
}
