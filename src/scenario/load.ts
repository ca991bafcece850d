// A scenario file -> a scenario, or every problem it has, each with its place in the text.

import { isUtf8 } from "node:buffer";
import { readFile, stat } from "node:fs/promises";
import { buildScenario } from "./build.js";
import { type Finding, type Problem, ScenarioInvalidError, TextLines } from "./diagnostic.js";
import type { Scenario } from "./model.js";
import { scenarioFile } from "./schema.js";
import { shapeFindings } from "./schema-errors.js";
import { meaningFindings } from "./validate.js";
import { type Flaw, readYaml, type YamlDocument } from "./yaml.js";
import { applySettings, plainPath, type Setting, settingText } from "./yaml-edit.js";

export interface Parsed {
  /** Absent where there is any problem. */
  scenario?: Scenario;
  /** In the file's order. */
  problems: Problem[];
}

/** @throws ScenarioInvalidError with all the problems of the file. */
export async function loadScenario(file: string): Promise<Scenario> {
  const { scenario, problems } = parseScenario(await readScenarioText(file), file);
  if (scenario === undefined) throw new ScenarioInvalidError(problems);
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

// Gets a scenario file's text off the disk, or says why there is none.

/** Scenario files are short; a megabyte is somebody else's file. */
export const mostBytes = 1024 * 1024;

/** @throws ScenarioInvalidError when the file is missing, not a file, too large, unreadable, or not UTF-8. */
export async function readScenarioText(file: string): Promise<string> {
  const bytes = await readBytes(file).catch((error: unknown) => {
    throw error instanceof ScenarioInvalidError ? error : unreadable(file, reason(error));
  });
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  if (!isUtf8(bytes)) throw new ScenarioInvalidError([notUtf8(file, text)]);
  return text;
}

async function readBytes(file: string): Promise<Buffer> {
  const facts = await stat(file);
  // Checked before reading: a pipe or a device would never end.
  if (facts.isDirectory()) throw unreadable(file, "Expected a scenario file, got a folder");
  if (!facts.isFile()) throw unreadable(file, "Expected a scenario file, got something that is not a file");
  if (facts.size > mostBytes) throw unreadable(file, `Expected at most 1 MB, got ${facts.size} bytes`);
  return readFile(file);
}

const inWords: Record<string, string> = {
  ENOENT: "Expected a scenario file, got nothing: there is no such file",
  ENOTDIR: "Expected a scenario file, got nothing: there is no such folder",
  EACCES: "Expected a scenario file that may be read: permission denied",
};

function reason(error: unknown): string {
  const { code = "", message } = error as NodeJS.ErrnoException;
  return inWords[code] ?? `Expected a scenario file that can be read: ${message}`;
}

const unreadable = (file: string, message: string) =>
  new ScenarioInvalidError([{ file, line: 1, column: 1, length: 1, message, source: "" }]);

/** `decoded` holds U+FFFD where the bytes made no sense. */
function notUtf8(file: string, decoded: string): Problem {
  const before = decoded.slice(0, decoded.indexOf("\uFFFD")).split("\n");
  const source = decoded.split("\n")[before.length - 1] ?? "";
  const column = (before.at(-1) ?? "").length + 1;
  const message = "Expected UTF-8 text, got bytes that are not";
  return { file, line: before.length, column, length: 1, message, source: source.replace(/\r$/, "") };
}

// A scenario with settings in it (`--set`): read from the changed text, and what the change broke says where it came from.

/** @throws ScenarioInvalidError with all the problems of the changed text; InvalidInputError where a setting has no place in it. */
export async function loadChanged(file: string, settings: readonly Setting[]): Promise<Scenario> {
  const text = await readScenarioText(file);
  const { scenario, problems } = parseScenario(applySettings(text, settings), file);
  if (scenario !== undefined) return narrowed(scenario, settings);
  const before = new Set(settings.length === 0 ? [] : parseScenario(text, file).problems.map(identity));
  throw new ScenarioInvalidError(
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
