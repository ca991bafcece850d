// Scenarios in tests: a built-in one by its name, a file by its path, or the text itself.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Run } from "../history/result.js";
import { checkOptions, type OptionNames } from "../protocol/check-options.js";
import { type RunOptions, runScenario as runLoaded } from "../runner/run.js";
import { resolveScenario } from "../scenario/catalogue.js";
import { ScenarioInvalidError } from "../scenario/diagnostic.js";
import { loadScenario, parseScenario } from "../scenario/load.js";

/** How a scenario runs in a test: the server, and where the history goes. */
export type ScenarioRunOptions = RunOptions;

const runOptionNames = {
  ...{ connection: true, historyRoot: true, onHistory: true, onEvent: true, serverVersion: true, onProgress: true },
  ...{ programs: true, actors: true, signal: true, seed: true },
} satisfies OptionNames<ScenarioRunOptions>;

/** The file name of a scenario that is a text. */
const unnamed = "scenario.yaml";

/**
 * Runs a scenario. A text with a line break is the scenario itself; any other text is the name of a built-in one (`offline-responder`) or a
 * file. It runs on a server of its own, because it may break that server, unless `connection` names one; there it needs empty streams.
 *
 * @returns the result and the whole history. A scenario that did not hold is a result, not an error.
 * @throws ScenarioInvalidError with every problem and its line, UnknownScenarioError, and the errors of the run itself.
 * @example
 * const { result } = await runScenario("offline-responder");
 * console.log(result.verdict); // held
 */
export async function runScenario(fileOrText: string, options: ScenarioRunOptions = {}): Promise<Run> {
  checkOptions("runScenario", options, runOptionNames);
  if (fileOrText.includes("\n")) return runText(fileOrText, options);
  return runLoaded(await loadScenario(await resolveScenario(fileOrText)), options);
}

async function runText(text: string, options: RunOptions): Promise<Run> {
  const { scenario, diagnostics } = parseScenario(text, unnamed);
  if (scenario === undefined) throw new ScenarioInvalidError(diagnostics);
  const folder = await mkdtemp(join(tmpdir(), "scenario-of-jsrr-"));
  try {
    // The history keeps a copy of the file, so there has to be one.
    const file = join(folder, unnamed);
    await writeFile(file, text);
    const { result, events } = await runLoaded({ ...scenario, file }, options);
    return { result: { ...result, file: unnamed }, events };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
