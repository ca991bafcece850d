// Broken services: foreign programs with one fault each, and the check that finds each of them.
import { describe, expect, test } from "vitest";
import { brokenServices, scenarioFor, serviceFile } from "../support/broken-services.js";
import { play } from "../support/scenario.js";

async function violatedBy(name: string, text: string) {
  const { result } = await play(text, { actors: { bob: { command: [process.execPath, serviceFile(name)] } } });
  return result.checks.filter(({ verdict }) => verdict === "violated").map((check) => check.name);
}

describe.each(brokenServices)("the broken service $name", ({ name, check, ...scenario }) => {
  test(`is found by ${check}`, async () => {
    expect(await violatedBy(name, scenarioFor(scenario))).toContain(check);
  });
});

test("a right service is not accused", async () => {
  expect(await violatedBy("right", scenarioFor({}))).toEqual([]);
});
