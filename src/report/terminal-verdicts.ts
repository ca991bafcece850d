// Expectations as marked lines: ✔ as it should be, ✘ not so, ? nobody can tell.
import type { Expectation } from "../history/result.js";
import type { Verdict } from "../history/verdict.js";
import type { Item } from "./layout.js";
import { plain, prose } from "./text.js";

const marks = {
  held: { sign: "✔", tone: "good" },
  violated: { sign: "✘", tone: "bad" },
  unknown: { sign: "?", tone: "open" },
} satisfies Record<Verdict, Partial<Item>>;

export function marked(verdict: Verdict, text: string): Item {
  return { ...marks[verdict], text };
}

/** Whatever did not hold says what it was instead, and the line of the file that expects it. */
export function expectationItem(expectation: Expectation, file: string): Item {
  const { verdict, line } = expectation;
  const path = plain(expectation.path);
  const expected = plain(expectation.expected);
  if (verdict === "held") return marked(verdict, `${path} is ${expected}`);
  const found = expectation.actual === undefined ? "could not be read" : `is ${plain(expectation.actual)}`;
  const before = expectation.lastTrueMs === undefined ? "" : `, last so at ${expectation.lastTrueMs} ms`;
  return marked(verdict, `${path} ${found}, expected ${expected}${before} (${prose(file)}:${line})`);
}
