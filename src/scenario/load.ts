// A scenario file -> a scenario, or every problem it has, each with its place in the text.
import { buildScenario } from "./build.js";
import type { Finding } from "./finding.js";
import { meaningFindings } from "./meaning.js";
import type { Scenario } from "./model.js";
import { type Problem, ScenarioInvalid } from "./problem.js";
import { mostBytes, readScenarioText } from "./read.js";
import { scenarioFile } from "./schema.js";
import { shapeFindings } from "./shape.js";
import { TextLines } from "./text-lines.js";
import { readYaml, type YamlDocument } from "./yaml-document.js";
import type { Flaw } from "./yaml-flaw.js";

export interface Parsed {
  /** Absent where there is any problem. */
  scenario?: Scenario;
  /** In the file's order. */
  problems: Problem[];
}

/** @throws ScenarioInvalid with all the problems of the file. */
export async function loadScenario(file: string): Promise<Scenario> {
  const { scenario, problems } = parseScenario(await readScenarioText(file), file);
  if (scenario === undefined) throw new ScenarioInvalid(problems);
  return scenario;
}

/** Pure, and never throws. `file` is only named in the problems and the scenario. */
export function parseScenario(text: string, file: string): Parsed {
  const lines = new TextLines(text.replace(/^\uFEFF/, ""));
  const toProblems = (flaws: Flaw[]) =>
    flaws.map(({ span, ...flaw }) => ({ file, ...lines.place(span), ...flaw })).sort(byPlace);
  if (text.length > mostBytes) return { problems: toProblems([tooLong]) };
  const yaml = readYaml(lines.text);
  const flaws = [...yaml.flaws, ...findingsOf(yaml).map((finding) => flawAt(finding, yaml))];
  if (flaws.length > 0) return { problems: toProblems(flaws) };
  const lineOf = (path: Finding["path"]) => lines.place(yaml.locate(path, "key")).line;
  return {
    scenario: buildScenario(scenarioFile.parse(yaml.value), { file, text: lines.text }, lineOf),
    problems: [],
  };
}

const tooLong: Flaw = { span: { start: 0, end: 1 }, message: "Expected at most 1 MB of text" };

function findingsOf({ value }: YamlDocument): Finding[] {
  if (value === undefined) return [];
  if (value === null) return [{ path: [], at: "value", message: "Expected a scenario, got an empty file" }];
  return [...shapeFindings(value), ...meaningFindings(value)];
}

function flawAt({ path, at, message, hint }: Finding, yaml: YamlDocument): Flaw {
  return { span: yaml.locate(path, at), message, ...(hint !== undefined && { hint }) };
}

const byPlace = (a: Problem, b: Problem) => a.line - b.line || a.column - b.column;
