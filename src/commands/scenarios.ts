// `jsrr scenarios`: many scenarios, or each of them many times, with a table of their verdicts.
import { availableParallelism } from "node:os";
import type { Command } from "commander";
import { findScenarios, resolveScenario } from "../scenario/catalogue.js";
import { loadScenario } from "../scenario/load.js";
import { parseSetting } from "../scenario/setting.js";
import { trialsTable } from "../trials/table.js";
import { trialsOf } from "../trials/trial.js";
import { EndWith } from "./exit.js";
import { type ManyFlags, playMany } from "./many-runs.js";
import { parallel, repeat, seed, serverVersion, set } from "./options.js";
import { interruptible } from "./signals.js";

interface Flags extends ManyFlags {
  parallel: number;
  repeat?: number;
  set?: string[];
}

export const configure = (command: Command): Command =>
  command
    .argument("[names|files...]", "these scenarios (default: all of the kit)")
    .option(...parallel("runs at the same time; by default one for each processor"), availableParallelism())
    .option(...set("each file"))
    .option(...repeat("each (default: as its file says)"))
    .option(...seed)
    .option(...serverVersion)
    .option("--json", "print the results as one JSON document, and nothing else on stdout")
    .option("-q, --quiet", "no progress on stderr")
    .option("--history <folder>", "keep the histories of the runs here")
    .option("--report <folder>", "write reports here: a page for all, one JUnit file, and a folder for each run")
    .addHelpText(
      "after",
      "\nExits with 0 when all held, 1 when one was violated, 2 when one was\ninconclusive or none could run, 3 when a run failed.",
    )
    .action(run);

/** Loads all files first: a bad one is an error before anything runs. */
async function run(names: readonly string[], flags: Flags): Promise<void> {
  const files =
    names.length > 0 ? await Promise.all(names.map(resolveScenario)) : (await findScenarios()).map(({ file }) => file);
  const settings = (flags.set ?? []).map(parseSetting);
  const scenarios = await Promise.all(files.map((file) => loadScenario(file, settings)));
  const trials = scenarios.flatMap((scenario) => trialsOf(scenario, flags.repeat));
  using interrupt = interruptible();
  const { parallel } = flags;
  const code = await playMany(trials, flags, { parallel, table: trialsTable, signal: interrupt.signal });
  if (code !== 0) throw new EndWith(code);
}
