// A problem in a scenario file, and how a list of them looks in a terminal: like a compiler's.
import stringWidth from "string-width";

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
export class ScenarioInvalid extends Error {
  override readonly name = "ScenarioInvalid";
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
export function printable(text: string): string {
  return text.replace(/(?!\t)[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, "\uFFFD");
}
