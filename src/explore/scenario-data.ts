// Scenario data: the content of a scenario file as plain data, which an exploration draws, shrinks and writes as a file.
import { Document, isMap, isSeq, parse } from "yaml";
import { ScenarioInvalidError } from "../scenario/diagnostic.js";
import { parseScenario, readScenarioText } from "../scenario/load.js";
import type { Scenario } from "../scenario/model.js";

/** Keys of a step: one action, and optionally its time. */
export type StepData = Record<string, unknown>;
export type Settings = Record<string, unknown>;

export interface ScenarioData {
  scenario: string;
  question: string;
  answer: string;
  requires?: Settings;
  server?: Settings;
  setup?: Settings | "none";
  requesters?: Record<string, Settings>;
  responders?: Record<string, Settings>;
  services?: Record<string, Settings>;
  timeline: StepData[];
  check?: (string | Record<string, Settings>)[];
  expected?: Record<string, string>;
}

/** As a person writes it: each step in one line or two. */
export function textOf(data: ScenarioData): string {
  const document = new Document(data);
  const { contents } = document;
  if (!isMap(contents)) return document.toString();
  for (const { key, value } of contents.items) {
    if (!isMap(value) && !isSeq(value)) continue;
    const list = String(key) === "timeline" || ["requesters", "responders", "services"].includes(String(key));
    if (!list) value.flow = true;
    else for (const item of value.items) flowInside(item, isSeq(value));
  }
  return document.toString({ lineWidth: 120, flowCollectionPadding: true });
}

function flowInside(item: unknown, isStep: boolean): void {
  const node = isStep ? item : (item as { value: unknown }).value;
  if (isMap(node)) node.flow = true;
}

/** Undefined if the data is no valid scenario. */
export const scenarioOf = (data: ScenarioData, file = `${data.scenario}.yaml`): Scenario | undefined =>
  parseScenario(textOf(data), file).scenario;

/** @throws ScenarioInvalidError as `jsrr scenario` does. */
export async function readScenarioData(file: string): Promise<ScenarioData> {
  const text = await readScenarioText(file);
  const { scenario, diagnostics } = parseScenario(text, file);
  if (scenario === undefined) throw new ScenarioInvalidError(diagnostics);
  return parse(text) as ScenarioData;
}
