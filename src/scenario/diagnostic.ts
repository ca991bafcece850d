// Diagnostics: mistakes in a scenario file with their places, shown in a terminal as a compiler shows them.
import stringWidth from "string-width";

/** A problem in a scenario file, with its place. */
export interface Diagnostic {
  file: string;
  /** From 1. */
  line: number;
  /** From 1, in UTF-16 code units, as editors count. */
  column: number;
  /** How many code units of the line are marked; at least 1. */
  length: number;
  /** What was expected and what came. */
  message: string;
  /** E.g. `did you mean "alice"?` */
  hint?: string | undefined;
  /** The line itself; empty if there is none to show. */
  source: string;
  /** The setting that brought the value in, e.g. `setup.ack_wait=soon` of `--set`; the place is then the nearest one in the file. */
  setting?: string;
}

/** The file cannot be run. `diagnostics` is never empty, and in the file's order. */
export class ScenarioInvalidError extends Error {
  override readonly name = "ScenarioInvalidError";
  readonly diagnostics: readonly Diagnostic[];
  constructor(diagnostics: readonly Diagnostic[]) {
    super(formatDiagnostics(diagnostics));
    this.diagnostics = diagnostics;
  }
}

/** Where a stage reports a mistake: `Expected <path> to <what>, got <value>`. */
export type Report = (
  path: Path,
  message: string,
  /** `key` marks the key of the path; otherwise its value is marked, and for a missing key the value that lacks it. */
  extra?: { at?: "key" | "value"; hint?: string | undefined },
) => void;

const shownAtMost = 50;

export function formatDiagnostics(diagnostics: readonly Diagnostic[]): string {
  const shown = diagnostics.slice(0, shownAtMost).map(formatDiagnostic);
  const hidden = diagnostics.length - shown.length;
  return [...shown, ...(hidden > 0 ? [`... and ${hidden} more problems`] : [])].join("\n");
}

function formatDiagnostic(diagnostic: Diagnostic): string {
  const { file, line, column, message, hint, source, setting } = diagnostic;
  const place = setting === undefined ? `${file}:${line}:${column}` : `--set ${printable(setting)}`;
  const lines = [`${place}: ${printable(message)}`];
  if (source.trim() !== "" && setting === undefined) lines.push(...frame(diagnostic));
  if (hint !== undefined) lines.push(...hint.split("\n").map((line) => `  ${printable(line)}`));
  return lines.join("\n");
}

/** The line with carets under what is meant. */
function frame({ line, column, length, source }: Diagnostic): string[] {
  const { text, start } = excerpt(printable(source), column - 1);
  const gutter = `  ${line} | `;
  const meant = text.slice(start, start + length);
  const carets = "^".repeat(Math.max(1, stringWidth(meant)));
  return [gutter + text, `${" ".repeat(gutter.length - 2)}| ${blank(text.slice(0, start))}${carets}`];
}

/** Keeps tabs, since only the terminal knows their width; everything else becomes as many spaces as it is wide. */
function blank(text: string): string {
  return text
    .split("\t")
    .map((part) => " ".repeat(stringWidth(part)))
    .join("\t");
}

const widest = 120;

/** A window of a very long line around the place that is meant. */
function excerpt(text: string, start: number): { text: string; start: number } {
  if (text.length <= widest) return { text, start };
  const from = Math.max(0, start - widest / 2);
  const before = from > 0 ? "…" : "";
  const after = from + widest < text.length ? "…" : "";
  return { text: before + text.slice(from, from + widest) + after, start: start - from + before.length };
}

/** The text of a file must not move the cursor, colour the terminal or turn the line around. */
function printable(text: string): string {
  return text.replace(/(?!\t)[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, "\uFFFD");
}

// Paths and values, as a sentence names them.

export type Path = readonly (string | number)[];

/** A path as one would write it: `timeline[2].request.from`. */
export function pathText(path: Path): string {
  return path
    .map((part, i) => {
      if (typeof part === "string" && /^[A-Za-z_][\w-]*$/.test(part)) return i === 0 ? part : `.${part}`;
      return `[${typeof part === "number" ? part : quoted(part)}]`;
    })
    .join("");
}

/** A value with its type, as YAML understood it: `"five" (string)`, `5 (number)`, `a list`. */
export function got(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object") return Object.keys(value).length === 0 ? "an empty mapping" : "a mapping";
  return `${typeof value === "string" ? quoted(value) : String(value)} (${typeof value})`;
}

const longest = 60;

export function quoted(value: string): string {
  const text = JSON.stringify(value);
  return text.length <= longest ? text : `${text.slice(0, longest - 4)}..."`;
}
