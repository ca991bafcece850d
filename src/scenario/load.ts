// Loading of a scenario file: read the file, parse the YAML, check the schema, validate the meaning, build the scenario.
import { isUtf8 } from "node:buffer";
import { readFile, stat } from "node:fs/promises";
import { buildScenario } from "./build.js";
import { type Diagnostic, ScenarioInvalidError } from "./diagnostic.js";
import { ScenarioDocument } from "./document.js";
import type { Scenario } from "./model.js";
import { scenarioFile } from "./schema.js";
import { checkSchema } from "./schema-errors.js";
import { plainPath, type Setting, settingText } from "./setting.js";
import { validateScenario } from "./validate.js";

/** @throws ScenarioInvalidError with every mistake of the file; InvalidInputError if a setting has no place in it. */
export async function loadScenario(file: string, settings: readonly Setting[] = []): Promise<Scenario> {
  const text = await readScenarioText(file);
  const { scenario, diagnostics } = parseScenario(text, file, settings);
  if (scenario === undefined) throw new ScenarioInvalidError(withCause(diagnostics, text, settings));
  return withChosenValues(scenario, settings);
}

export interface Parsed {
  /** Absent if there is any diagnostic. */
  scenario?: Scenario;
  /** In the file's order. */
  diagnostics: Diagnostic[];
}

/**
 * Pure. `file` is only named in the diagnostics and the scenario.
 * @throws InvalidInputError if a setting has no place in the file; nothing without settings.
 */
export function parseScenario(text: string, file: string, settings: readonly Setting[] = []): Parsed {
  if (text.length > maxBytes) return { diagnostics: [atBeginning(file, `Expected at most ${maxText} of text`)] };
  const document = new ScenarioDocument(text, file, settings);
  const { data, diagnostics, report } = document;
  if (diagnostics.length === 0) {
    checkSchema(data, report);
    validateScenario(data, report);
  }
  if (diagnostics.length > 0)
    return { diagnostics: diagnostics.sort((a, b) => a.line - b.line || a.column - b.column) };
  // The lines of the scenario are those of its text, which a setting can move.
  const written = settings.length === 0 ? document : new ScenarioDocument(document.changedText(), file);
  return { scenario: buildScenario(scenarioFile.parse(data), written), diagnostics };
}

// The file's text.

/** Scenario files are short; the parser's check for repeated keys takes seconds for a file of a few hundred kilobytes. */
const maxBytes = 64 * 1024;
const maxText = "64 KB";

/** @throws ScenarioInvalidError if the file is missing, not a file, too large, unreadable, or not UTF-8. */
export async function readScenarioText(file: string): Promise<string> {
  const bytes = await readBytes(file).catch((error: unknown) => {
    if (error instanceof ScenarioInvalidError) throw error;
    const { code = "", message } = error as NodeJS.ErrnoException;
    throw unreadable(file, reasons[code] ?? `Expected a scenario file that can be read: ${message}`);
  });
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  if (!isUtf8(bytes)) throw new ScenarioInvalidError([notUtf8(file, text)]);
  return text;
}

async function readBytes(file: string): Promise<Buffer> {
  const stats = await stat(file);
  // Checked before reading: a pipe or a device would never end.
  if (stats.isDirectory()) throw unreadable(file, "Expected a scenario file, got a folder");
  if (!stats.isFile()) throw unreadable(file, "Expected a scenario file, got something that is not a file");
  if (stats.size > maxBytes) throw unreadable(file, `Expected at most ${maxText}, got ${stats.size} bytes`);
  return readFile(file);
}

const reasons: Record<string, string> = {
  ENOENT: "Expected a scenario file, got nothing: there is no such file",
  ENOTDIR: "Expected a scenario file, got nothing: there is no such folder",
  EACCES: "Expected a scenario file that may be read: permission denied",
};

const unreadable = (file: string, message: string) => new ScenarioInvalidError([atBeginning(file, message)]);

const atBeginning = (file: string, message: string): Diagnostic => ({
  ...{ file, line: 1, column: 1, length: 1, source: "" },
  message,
});

/** `decoded` holds U+FFFD in the place of the bytes that are not UTF-8. */
function notUtf8(file: string, decoded: string): Diagnostic {
  const before = decoded.slice(0, decoded.indexOf("\uFFFD")).split("\n");
  const source = decoded.split("\n")[before.length - 1] ?? "";
  const column = (before.at(-1) ?? "").length + 1;
  const message = "Expected UTF-8 text, got bytes that are not";
  return { file, line: before.length, column, length: 1, message, source: source.replace(/\r$/, "") };
}

// Settings (`--set`).

/** A setting chooses one of the sweep's values for its path: the sweep would overwrite it. */
function withChosenValues(scenario: Scenario, settings: readonly Setting[]): Scenario {
  const chosen = new Map(settings.map(({ path, value }) => [plainPath(path), value]));
  const sweep = scenario.sweep.map(({ path, values }) => ({
    path,
    values: chosen.has(plainPath(path)) ? [chosen.get(plainPath(path)) as (typeof values)[number]] : values,
  }));
  return { ...scenario, sweep };
}

/** A mistake in the file that is none without the settings names them. */
function withCause(diagnostics: Diagnostic[], text: string, settings: readonly Setting[]): Diagnostic[] {
  if (settings.length === 0) return diagnostics;
  const known = new Set(parseScenario(text, "").diagnostics.map(identity));
  const cause = `with ${settings.map((setting) => `--set ${settingText(setting)}`).join(" ")}`;
  return diagnostics.map((diagnostic) => {
    const { setting, hint } = diagnostic;
    if (setting !== undefined || known.has(identity(diagnostic))) return diagnostic;
    return { ...diagnostic, hint: hint === undefined ? cause : `${hint}\n${cause}` };
  });
}

const identity = ({ message, source }: Diagnostic) => `${message}\n${source}`;
