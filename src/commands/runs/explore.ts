// Exploration runs: what `jsrr explore` shows and writes. It is loaded by its action, because it loads the laboratory.
import { randomInt } from "node:crypto";
import { join, resolve } from "node:path";
import { createLogUpdate } from "log-update";
import { baseOf, defaultBase } from "../../explore/base.js";
import { type Exploration, explore, type Progress } from "../../explore/explore.js";
import { chosenFaults } from "../../explore/fault-choice.js";
import { explorationPage } from "../../explore/page.js";
import { explorationJson, explorationText, progressText } from "../../explore/text.js";
import { indexPage } from "../../report/page-names.js";
import { prepareReports, writeFiles } from "../../report/write.js";
import { defaultHistoryRoot, rememberPlace } from "../../runner/history-folder.js";
import { resolveScenario } from "../../scenario/catalogue.js";
import { EndWith, exit } from "../exit.js";
import { interruptible } from "../signals.js";
import { live, note, say, sayJson, terminal, width, write } from "../terminal.js";
import { type ActorFlags, externalCommands } from "./actors.js";
import { limitGarbage } from "./memory.js";

export interface ExploreFlags extends ActorFlags {
  seed?: number;
  runs: number;
  for?: number;
  faults?: string;
  nodes: "1" | "3";
  serverVersion?: string;
  report: string;
  history?: string;
  json?: boolean;
  quiet?: boolean;
}

/** @throws EndWith unless nothing was found, and what interrupted it after everything is written. */
export async function playExploration(baseFile: string | undefined, flags: ExploreFlags): Promise<void> {
  limitGarbage();
  const actors = externalCommands(flags);
  const nodes = flags.nodes === "3" ? 3 : 1;
  const base =
    baseFile === undefined ? defaultBase(Object.keys(actors)) : await baseOf(await resolveScenario(baseFile));
  const faults = chosenFaults(flags.faults, nodes);
  const folder = resolve(flags.report);
  prepareReports(folder, [indexPage]);
  using interrupt = interruptible();
  using progress = progressOf(flags);
  const result = await explore({
    ...{ base, faults, nodes, folder, actors },
    seed: flags.seed ?? randomInt(2 ** 32),
    runs: flags.runs,
    forMs: flags.for,
    historyRoot: flags.history ?? join(defaultHistoryRoot(terminal().env), "explore"),
    serverVersion: flags.serverVersion,
    signal: interrupt.signal,
    onProgress: flags.quiet ? undefined : note,
    onExperiment: progress.show,
  });
  progress[Symbol.dispose]();
  if (flags.json) sayJson(explorationJson(result));
  else write(explorationText(result, width()));
  writeFiles(folder, [{ file: indexPage, text: explorationPage(result) }]);
  rememberPlace(folder, terminal().env);
  (flags.json ? note : say)(`\nReports   ${join(folder, indexPage)}`);
  interrupt.signal.throwIfAborted();
  const code = exitCodeOf(result);
  if (code !== exit.ok) throw new EndWith(code);
}

function exitCodeOf({ found, states }: Exploration): number {
  if (found.length > 0) return exit.violated;
  if (states.held > 0) return exit.ok;
  return states["without-effect"] + states.inconclusive > 0 ? exit.inconclusive : exit.failed;
}

/** Milliseconds between two lines where no picture can be drawn. */
const lineMs = 10_000;

interface ProgressView extends Disposable {
  show?: (progress: Progress) => void;
}

function progressOf({ quiet, json, runs, for: forMs }: ExploreFlags): ProgressView {
  const none = { [Symbol.dispose]: () => {} };
  if (quiet) return none;
  const limits = { runs, forMs };
  if (!json && live()) {
    const log = createLogUpdate(process.stdout);
    return { show: (progress) => log(progressText(progress, limits)), [Symbol.dispose]: () => log.clear() };
  }
  let last = 0;
  let found = 0;
  return {
    ...none,
    show: (progress) => {
      const due = progress.durationMs - last >= lineMs || progress.found.length > found;
      if (!due) return;
      [last, found] = [progress.durationMs, progress.found.length];
      note(progressText(progress, limits));
    },
  };
}
