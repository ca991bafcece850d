// Whatever somebody does to a scenario file: problems with a place in the file, or a scenario; never a crash.
import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { findScenarios } from "../../src/scenario/catalogue.js";
import { type Parsed, parseScenario } from "../../src/scenario/load.js";
import { formatProblems } from "../../src/scenario/problem.js";
import { anyText } from "../support/any-text.js";
import { goodFile } from "./bad-files.js";

const listed = await findScenarios();
const texts = [goodFile, ...(await Promise.all(listed.map(({ file }) => readFile(file, "utf8"))))];

/** What breaks YAML, the schema or the meaning most often. */
const pieces = [
  ..."\t\n\r:,-{}[]\"'&*!|>%#?@`\u0000\u001b\uFEFF🥪",
  ...["  ", "---\n", "<<: *a", "&a ", "*a", "null", "5", "5s", "ok", "alice", "bob", "__proto__: 1\n"],
  ...[
    "constructor",
    "toString",
    "stream.",
    "after: ",
    "within: 1s",
    "setup: none\n",
    "lunch",
    "- ",
    "true",
    "1e999",
  ],
];

const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...pieces) },
  { weight: 1, arbitrary: anyText(8) },
);

/** Cuts out up to 30 characters at a place and puts something there. */
const edit = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), cut: fc.nat(30), put: piece });

const mutated = fc
  .tuple(fc.constantFrom(...texts), fc.array(edit, { minLength: 1, maxLength: 4 }))
  .map(([text, edits]) =>
    edits.reduce((now, { at, cut, put }) => {
      const place = Math.floor(at * now.length);
      return now.slice(0, place) + put + now.slice(place + cut);
    }, text),
  );

/** Lines moved about: valid YAML more often than not, and nonsense as a scenario. */
const shuffled = fc.constantFrom(...texts).chain((text) => {
  const lines = text.split("\n");
  return fc.shuffledSubarray(lines, { minLength: 1 }).map((some) => some.join("\n"));
});

function requireSense(text: string, { scenario, problems }: Parsed): void {
  expect(scenario === undefined).toBe(problems.length > 0);
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  for (const { line, column, length, source, message } of problems) {
    expect(lines[line - 1]).toBe(source);
    expect(column).toBeGreaterThanOrEqual(1);
    expect(column - 1).toBeLessThanOrEqual(source.length);
    expect(length).toBeGreaterThanOrEqual(1);
    expect(message).not.toMatch(/invalid (input|option)|undefined/i);
  }
  const places = problems.map(({ line, column }) => line * 1e7 + column);
  expect(places).toEqual([...places].sort((a, b) => a - b));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal must not see them
  expect(formatProblems(problems)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
}

test.each([
  ["edited", mutated, 250],
  ["shuffled", shuffled, 100],
  ["anything", anyText(200), 100],
])("%s files", (_, texts, numRuns) => {
  fc.assert(
    fc.property(texts, (text) => requireSense(text, parseScenario(text, "x.yaml"))),
    { numRuns },
  );
});
