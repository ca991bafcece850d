// A sweep: each combination of its values is a scenario of its own, read and found valid before any of them is run.
import { InvalidInputError } from "../protocol/errors.js";
import { type Problem, ScenarioInvalidError, TextLines } from "./diagnostic.js";
import { parseScenario } from "./load.js";
import type { Scenario } from "./model.js";
import { readYaml } from "./yaml.js";
import { applySettings, type Setting, settingText, withoutKey } from "./yaml-edit.js";

interface Variant {
  /** One for each path of the sweep, in the file's order; empty where there is no sweep. */
  settings: Setting[];
  /** Its text has the settings and no sweep. */
  scenario: Scenario;
}

interface Choice extends Setting {
  /** Its place in the list of its path. */
  at: number;
}

/** @throws ScenarioInvalidError with the place of the value in the sweep, and the combination where that alone is to blame. */
export function variantsOf(scenario: Scenario): Variant[] {
  const { sweep, text, file } = scenario;
  if (sweep.length === 0) return [{ settings: [], scenario }];
  const plain = withoutKey(text, "sweep");
  const problems = new Map<string, Problem>();
  const variants = combinations(sweep).flatMap((choices): Variant[] => {
    const settings = choices.map(({ path, value }) => ({ path, value }));
    const read = readWith(plain, settings, file);
    if (typeof read !== "string") return [{ settings, scenario: read }];
    const alone = choices.find((choice) => typeof readWith(plain, [choice], file) === "string");
    const told = blame(scenario, alone ?? (choices.at(-1) as Choice), read, alone ? [alone] : choices);
    problems.set(`${told.line}:${told.column}:${alone ? "" : told.hint}`, told);
    return [];
  });
  if (problems.size > 0) throw new ScenarioInvalidError([...problems.values()]);
  return variants;
}

function combinations(sweep: Scenario["sweep"]): Choice[][] {
  return sweep.reduce<Choice[][]>(
    (all, { path, values }) =>
      all.flatMap((before) => values.map((value, at) => [...before, { path, value, at }])),
    [[]],
  );
}

/** The scenario, or what is wrong with it. */
function readWith(text: string, settings: readonly Setting[], file: string): Scenario | string {
  try {
    const { scenario, problems } = parseScenario(applySettings(text, settings), file);
    return (
      scenario ?? problems.map(({ message, hint }) => (hint ? `${message} (${hint})` : message)).join("; ")
    );
  } catch (error) {
    if (error instanceof InvalidInputError) return error.message.replace(/\.$/, "");
    throw error;
  }
}

function blame(
  { text, file }: Scenario,
  { path, at }: Choice,
  why: string,
  with_: readonly Setting[],
): Problem {
  const span = readYaml(text).locate(["sweep", path, at], "value");
  const combination = with_.map(settingText).join(" and ");
  return {
    file,
    ...new TextLines(text).place(span),
    message: `Expected every combination of the sweep to be a scenario: ${why}`,
    hint: `with ${combination}`,
  };
}
