// Every mistake is named with its place, what was expected and what was probably meant. The texts are in
// bad-files.txt, to be read by people: `npx vitest run test/scenario -u` writes it anew.
import { expect, test } from "vitest";
import { formatDiagnostics, parseScenario } from "../internal/scenario.js";
import { badFiles, goodFile } from "./bad-files.js";

const said = Object.entries(badFiles).map(([what, text]) => {
  const { scenario, diagnostics } = parseScenario(text, "x.yaml");
  return { what, scenario, diagnostics, shown: formatDiagnostics(diagnostics) };
});

test("the file that the mistakes are made in has none", () => {
  expect(parseScenario(goodFile, "x.yaml").diagnostics).toEqual([]);
});

test("what is said about every bad file", async () => {
  const text = said.map(({ what, shown }) => `== ${what}\n${shown}\n`).join("\n");
  await expect(text).toMatchFileSnapshot("./bad-files.txt");
});

test.each(said)("$what: no scenario, and only sentences of our own", ({ scenario, diagnostics, shown }) => {
  expect(scenario).toBeUndefined();
  expect(diagnostics).not.toEqual([]);
  expect(shown).not.toMatch(/invalid (input|option)|undefined|\[object/i);
});
