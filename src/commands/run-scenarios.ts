// What `jsrr scenarios` does: load all, so that a bad file is told before anything runs; run, show, end with the worst.
import { findScenarios, resolveScenario } from "../scenario/catalogue.js";
import { loadScenario } from "../scenario/load.js";
import { parseSetting } from "../scenario/setting.js";
import { trialsTable } from "../trials/table.js";
import { trialsOf } from "../trials/trial.js";
import { EndWith } from "./errors.js";
import { type ManyFlags, playMany } from "./run-trials.js";
import { interruptible } from "./signals.js";

export interface ScenariosFlags extends ManyFlags {
  parallel: number;
  repeat?: number;
  set?: string[];
}

export async function runScenarios(names: readonly string[], flags: ScenariosFlags): Promise<void> {
  const files =
    names.length > 0
      ? await Promise.all(names.map(resolveScenario))
      : (await findScenarios()).map(({ file }) => file);
  const settings = (flags.set ?? []).map(parseSetting);
  const scenarios = await Promise.all(files.map((file) => loadScenario(file, settings)));
  const trials = scenarios.flatMap((scenario) => trialsOf(scenario, flags.repeat));
  using interrupt = interruptible();
  const { parallel } = flags;
  const code = await playMany(trials, flags, { parallel, table: trialsTable, signal: interrupt.signal });
  if (code !== 0) throw new EndWith(code);
}
