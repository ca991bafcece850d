// Every mistake is named with its place, what was expected and what was probably meant. The texts are in
// bad-files.txt, to be read by people: `npx vitest run test/scenario -u` writes it anew.
import { expect, test } from "vitest";
import { formatDiagnostics, parseScenario } from "../internal/scenario.js";
import { badFiles, goodFile } from "./bad-files.js";

const said = Object.entries(badFiles).map(([what, text]) => {
  const { scenario, diagnostics } = parseScenario(text, "x.yaml");
  return { what, scenario, diagnostics, shown: formatDiagnostics(diagnostics) };
});

test("the file that the mistakes are made in has no diagnostic", () => {
  expect(parseScenario(goodFile, "x.yaml").diagnostics).toEqual([]);
});

test("every bad file has its golden diagnostics", async () => {
  const text = said.map(({ what, shown }) => `== ${what}\n${shown}\n`).join("\n");
  await expect(text).toMatchFileSnapshot("./bad-files.txt");
});

test.each(said)("$what yields no scenario, and only the kit's own diagnostics", ({ scenario, diagnostics, shown }) => {
  expect(scenario).toBeUndefined();
  expect(diagnostics).not.toEqual([]);
  expect(shown).not.toMatch(/invalid (input|option)|undefined|\[object/i);
});
