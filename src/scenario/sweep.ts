// Sweeps: each combination of a sweep's values as a scenario of its own, validated before any of them is run.
import { InvalidInputError } from "../protocol/errors.js";
import { type Diagnostic, ScenarioInvalidError } from "./diagnostic.js";
import { ScenarioDocument } from "./document.js";
import { parseScenario } from "./load.js";
import type { Scenario } from "./model.js";
import { type Setting, settingText } from "./setting.js";

interface Variant {
  /** One for each path of the sweep, in the file's order; empty without a sweep. */
  settings: Setting[];
  /** Its text has the settings and no sweep. */
  scenario: Scenario;
}

interface Choice extends Setting {
  /** The value's index in the list of its path. */
  index: number;
}

/** @throws ScenarioInvalidError with the place of each value in the sweep that is wrong, alone or in a combination. */
export function variantsOf(scenario: Scenario): Variant[] {
  if (scenario.sweep.length === 0) return [{ settings: [], scenario }];
  const diagnostics = new Map<string, Diagnostic>();
  const variants = combinations(scenario.sweep).flatMap((choices): Variant[] => {
    const variant = parseVariant(scenario, choices);
    if (typeof variant !== "string")
      return [{ settings: choices.map(({ path, value }) => ({ path, value })), scenario: variant }];
    const alone = choices.find((choice) => typeof parseVariant(scenario, [choice]) === "string");
    const wrong = alone ?? (choices.at(-1) as Choice);
    const combination = (alone ? [alone] : choices).map(settingText).join(" and ");
    const document = new ScenarioDocument(scenario.text, scenario.file);
    document.report(
      ["sweep", wrong.path, wrong.index],
      `Expected every combination of the sweep to be a scenario: ${variant}`,
      { hint: `with ${combination}` },
    );
    for (const diagnostic of document.diagnostics)
      diagnostics.set(`${diagnostic.line}:${diagnostic.column}:${alone ? "" : combination}`, diagnostic);
    return [];
  });
  if (diagnostics.size > 0) throw new ScenarioInvalidError([...diagnostics.values()]);
  return variants;
}

function combinations(sweep: Scenario["sweep"]): Choice[][] {
  return sweep.reduce<Choice[][]>(
    (all, { path, values }) =>
      all.flatMap((before) => values.map((value, index) => [...before, { path, value, index }])),
    [[]],
  );
}

/** The scenario, or what is wrong with it. */
function parseVariant({ text, file }: Scenario, settings: readonly Setting[]): Scenario | string {
  try {
    const { scenario, diagnostics } = parseScenario(text, file, [{ path: "sweep", value: undefined }, ...settings]);
    return scenario ?? diagnostics.map(({ message, hint }) => (hint ? `${message} (${hint})` : message)).join("; ");
  } catch (error) {
    if (error instanceof InvalidInputError) return error.message.replace(/\.$/, "");
    throw error;
  }
}
