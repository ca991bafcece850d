// A problem in a scenario file, and how a list of them looks in a terminal: like a compiler's.
import stringWidth from "string-width";
import type { Span } from "./yaml.js";

export interface Problem {
  file: string;
  /** From 1. */
  line: number;
  /** From 1, in UTF-16 code units, as editors count. */
  column: number;
  /** How many code units of the line are meant; at least 1. */
  length: number;
  /** What was expected and what came. */
  message: string;
  /** E.g. `did you mean "alice"?` */
  hint?: string;
  /** The line itself; empty where there is none to show. */
  source: string;
}

/** The file cannot be run. `problems` is never empty, and in the file's order. */
export class ScenarioInvalidError extends Error {
  override readonly name = "ScenarioInvalidError";
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super(formatProblems(problems));
    this.problems = problems;
  }
}

const shownAtMost = 50;

export function formatProblems(problems: readonly Problem[]): string {
  const shown = problems.slice(0, shownAtMost).map(formatProblem);
  const hidden = problems.length - shown.length;
  return [...shown, ...(hidden > 0 ? [`... and ${hidden} more problems`] : [])].join("\n");
}

function formatProblem(problem: Problem): string {
  const { file, line, column, message, hint, source } = problem;
  const lines = [`${file}:${line}:${column}: ${printable(message)}`];
  if (source.trim() !== "") lines.push(...frame(problem));
  if (hint !== undefined) lines.push(...hint.split("\n").map((line) => `  ${printable(line)}`));
  return lines.join("\n");
}

/** The line with carets under what is meant. */
function frame({ line, column, length, source }: Problem): string[] {
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

/** A file is somebody else's text: it must not move the cursor, colour the terminal or turn the line around. */
function printable(text: string): string {
  return text.replace(/(?!\t)[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, "\uFFFD");
}

// Something wrong at a path of the file's data. It becomes a problem once the path's place in the text is known.

export type Path = readonly (string | number)[];

export interface Finding {
  path: Path;
  /** What of the path is wrong; for a missing key, its parent is pointed at. */
  at: "key" | "value";
  message: string;
  hint?: string;
}

/** `Expected <path> to <what>, got <value>`. */
export type Report = (
  path: Path,
  message: string,
  extra?: { at?: Finding["at"]; hint?: string | undefined },
) => void;

export function reporterTo(findings: Finding[]): Report {
  return (path, message, { at = "value", hint } = {}) =>
    void findings.push({ path, at, message, ...(hint !== undefined && { hint }) });
}

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

export const quoted = (text: string) => shorten(JSON.stringify(text));

const longest = 60;

function shorten(text: string): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 4)}..."`;
}

// Offsets in a text -> lines and columns.

interface PlaceInText {
  /** From 1. */
  line: number;
  /** From 1, in UTF-16 code units. */
  column: number;
  /** Code units within the line, at least 1. */
  length: number;
  /** The line itself, without its end. */
  source: string;
}

export class TextLines {
  readonly text: string;
  /** The offset at which each line starts. */
  readonly #starts: number[];
  readonly #sources = new Map<number, string>();
  /** The last place worth pointing at: what is missing at the end is missing after the last word. */
  readonly #end: number;

  constructor(text: string) {
    this.text = text;
    this.#end = text.trimEnd().length;
    this.#starts = [0, ...[...text.matchAll(/\r\n|\n|\r/g)].map((end) => end.index + end[0].length)];
  }

  /** Where a span begins, cut off at the end of its line. */
  place({ start, end }: Span): PlaceInText {
    const offset = Math.min(Math.max(0, start), this.#end);
    const index = this.#lineAt(offset);
    const from = this.#starts[index] ?? 0;
    const source = this.#source(index);
    const column = Math.min(offset - from, source.length) + 1;
    const length = Math.max(1, Math.min(end - offset, source.length - column + 1));
    return { line: index + 1, column, length, source };
  }

  /** Found once per line: a broken file can have as many problems as characters, all in one line. */
  #source(index: number): string {
    const known = this.#sources.get(index);
    if (known !== undefined) return known;
    const source = this.text.slice(this.#starts[index], this.#starts[index + 1]).replace(/\r?\n$|\r$/, "");
    this.#sources.set(index, source);
    return source;
  }

  #lineAt(offset: number): number {
    let [low, high] = [0, this.#starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
