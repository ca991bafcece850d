// A scenario with settings in it (`--set`): read from the changed text, and what the change broke says where it came from.
import { parseScenario } from "./load.js";
import type { Scenario } from "./model.js";
import { type Problem, ScenarioInvalid } from "./problem.js";
import { readScenarioText } from "./read.js";
import { plainPath } from "./setting-path.js";
import { applySettings, type Setting, settingText } from "./settings.js";

/** @throws ScenarioInvalid with all the problems of the changed text; InvalidInput where a setting has no place in it. */
export async function loadChanged(file: string, settings: readonly Setting[]): Promise<Scenario> {
  const text = await readScenarioText(file);
  const { scenario, problems } = parseScenario(applySettings(text, settings), file);
  if (scenario !== undefined) return narrowed(scenario, settings);
  const before = new Set(settings.length === 0 ? [] : parseScenario(text, file).problems.map(identity));
  throw new ScenarioInvalid(
    problems.map((problem) =>
      settings.length === 0 || before.has(identity(problem)) ? problem : fromSettings(problem, settings),
    ),
  );
}

/** Of what the sweep goes through, a setting chooses one value: the sweep would put its own over it. */
function narrowed(scenario: Scenario, settings: readonly Setting[]): Scenario {
  const chosen = new Map(settings.map(({ path, value }) => [plainPath(path), value]));
  const sweep = scenario.sweep.map(({ path, values }) => ({
    path,
    values: chosen.has(plainPath(path)) ? [chosen.get(plainPath(path)) as (typeof values)[number]] : values,
  }));
  return { ...scenario, sweep };
}

const identity = ({ message, source }: Problem) => `${message}\n${source}`;

function fromSettings(problem: Problem, settings: readonly Setting[]): Problem {
  const from = `not in the file: the text is that after ${settings.map((one) => `--set ${settingText(one)}`).join(" ")}`;
  return { ...problem, hint: problem.hint === undefined ? from : `${problem.hint}\n${from}` };
}
