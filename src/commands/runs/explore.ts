// `jsrr explore`: draws scenarios from a seed, runs them on real servers, and saves each violation as a small scenario file.
import { randomInt } from "node:crypto";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { createLogUpdate } from "log-update";
import type { Exploration, Progress } from "../../explore/explore.js";
import { indexPage } from "../../report/page-names.js";
import { EndWith, exit } from "../exit.js";
import { duration, each, seed, serverVersion, wholeNumber } from "../options.js";
import { interruptible } from "../signals.js";
import { live, note, say, sayJson, terminal, width, write } from "../terminal.js";
import { type ActorFlags, externalCommands } from "./actors.js";

interface Flags extends ActorFlags {
  seed?: number;
  runs: number;
  for?: number;
  faults?: string;
  nodes?: number;
  parallel: number;
  serverVersion?: string;
  report: string;
  history?: string;
  json?: boolean;
  quiet?: boolean;
}

export const configure = (command: Command): Command =>
  command
    .argument(
      "[base]",
      "a scenario whose actors, settings and requests every run has (default: a requester and a responder of the kit)",
    )
    .option(...seed)
    .option(
      "--runs <n>",
      "experiments to draw, without the runs that confirm and shrink",
      wholeNumber("--runs", 1, 1_000_000),
      200,
    )
    .option("--for <duration>", "end after this time, whatever is left", duration("--for"))
    .option("--faults <patterns>", 'the faults, like "kill-*,partition", or "none" (default: all that damage no store)')
    .option(
      "--nodes <n>",
      "a cluster of so many servers (default: as the base has it, or 1)",
      wholeNumber("--nodes", 1, 9),
    )
    .option("--parallel <n>", "experiments at the same time", wholeNumber("--parallel", 1, 16), 2)
    .option("--actor <name=command>", "run this in the place of an external actor; no shell reads it; repeatable", each)
    .option("--actor-env <KEY=value>", "add this to the environment of the external actors; repeatable", each)
    .option("--actor-cwd <folder>", "the working directory of the external actors")
    .option("--actor-ready <name=text>", "it is ready when it prints this; default: when it pulls; repeatable", each)
    .option(...serverVersion)
    .option("--report <folder>", "write the found files and a page of the exploration here", "explored")
    .option("--history <folder>", "keep the histories of the newest 50 runs here")
    .option("--json", "print the result as one JSON document, and nothing else on stdout")
    .option("-q, --quiet", "no progress on stderr")
    .addHelpText(
      "after",
      "\nExits with 0 when nothing was found, 1 when a check was violated, 2 when no run\nwas conclusive, 3 when every run failed, 4 for a bad file or arguments.",
    )
    .action(run);

/** Loads the laboratory, which `--help` does not need. @throws what interrupted it, after everything is written. */
async function run(baseFile: string | undefined, flags: Flags): Promise<void> {
  const [
    { explore },
    { baseOf, defaultBase, nodesOf, onNodes },
    { chosenFaults },
    { explorationPage },
    text,
    reports,
    histories,
  ] = await Promise.all([
    import("../../explore/explore.js"),
    import("../../explore/base.js"),
    import("../../explore/fault-choice.js"),
    import("../../explore/page.js"),
    import("../../explore/text.js"),
    import("../../report/write.js"),
    import("../../runner/history-folder.js"),
  ]);
  const { resolveScenario } = await import("../../scenario/catalogue.js");
  const { env } = terminal();
  const actors = externalCommands(flags);
  const own = baseFile === undefined ? defaultBase(Object.keys(actors)) : await baseOf(await resolveScenario(baseFile));
  const base = onNodes(own, flags.nodes);
  const faults = chosenFaults(flags.faults, nodesOf(base));
  const folder = resolve(flags.report);
  reports.prepareReports(folder, [indexPage]);
  using interrupt = interruptible();
  using progress = progressOf(flags, text.progressText);
  const result = await explore({
    ...{ base, faults, folder, actors },
    parallel: flags.parallel,
    seed: flags.seed ?? randomInt(2 ** 32),
    runs: flags.runs,
    forMs: flags.for,
    historyRoot: flags.history ?? join(histories.defaultHistoryRoot(env), "explore"),
    serverVersion: flags.serverVersion,
    signal: interrupt.signal,
    onProgress: flags.quiet ? undefined : note,
    onExperiment: progress.show,
  });
  progress[Symbol.dispose]();
  if (flags.json) sayJson(text.explorationJson(result));
  else write(text.explorationText(result, width()));
  reports.writeFiles(folder, [{ file: indexPage, text: explorationPage(result) }]);
  histories.rememberPlace(folder, env);
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

type InWords = (progress: Progress, limits: { runs: number; forMs?: number }) => string;

function progressOf({ quiet, json, runs, for: forMs }: Flags, inWords: InWords): ProgressView {
  const none = { [Symbol.dispose]: () => {} };
  if (quiet) return none;
  const limits = { runs, forMs };
  if (!json && live()) {
    const log = createLogUpdate(process.stdout);
    return { show: (progress) => log(inWords(progress, limits)), [Symbol.dispose]: () => log.clear() };
  }
  let last = -lineMs;
  let found = 0;
  return {
    ...none,
    show: (progress) => {
      if (progress.durationMs - last < lineMs && progress.found.length === found) return;
      [last, found] = [progress.durationMs, progress.found.length];
      note(inWords(progress, limits));
    },
  };
}
