// Every mistake is named with its place, what was expected and what was probably meant. The texts are in
// bad-files.txt, to be read by people: `npx vitest run test/scenario -u` writes it anew.
import { expect, test } from "vitest";
import { formatProblems, parseScenario } from "../internal/scenario.js";
import { badFiles, goodFile } from "./bad-files.js";

const said = Object.entries(badFiles).map(([what, text]) => {
  const { scenario, problems } = parseScenario(text, "x.yaml");
  return { what, scenario, problems, shown: formatProblems(problems) };
});

test("the file that the mistakes are made in has no diagnostic", () => {
  expect(parseScenario(goodFile, "x.yaml").problems).toEqual([]);
});

test("every bad file has its golden diagnostics", async () => {
  const text = said.map(({ what, shown }) => `== ${what}\n${shown}\n`).join("\n");
  await expect(text).toMatchFileSnapshot("./bad-files.txt");
});

test.each(said)(
  "$what yields no scenario, and only the kit's own diagnostics",
  ({ scenario, problems, shown }) => {
    expect(scenario).toBeUndefined();
    expect(problems).not.toEqual([]);
    expect(shown).not.toMatch(/invalid (input|option)|undefined|\[object/i);
  },
);
