// Broken services: foreign programs with one fault each, and the check that finds each of them.
import { describe, expect, test } from "vitest";
import { brokenServices, scenarioFor, serviceFile } from "../support/broken-services.js";
import { play } from "../support/scenario.js";
import { serverLacks } from "../support/server-version.js";

async function violatedBy(name: string, text: string) {
  const { result } = await play(text, { actors: { bob: { command: [process.execPath, serviceFile(name)] } } });
  return result.checks.filter(({ verdict }) => verdict === "violated").map((check) => check.name);
}

describe.each(brokenServices)("the broken service $name", ({ name, check, ...scenario }) => {
  const { needs } = scenario;
  test.skipIf(needs && serverLacks("what its scenario needs", `${needs}.0`))(`is found by ${check}`, async () => {
    expect(await violatedBy(name, scenarioFor(scenario))).toContain(check);
  });
});

test("a right service is not accused", async () => {
  for (const reply of ["mailbox", "inbox"] as const)
    expect(await violatedBy("right", scenarioFor({ reply }))).toEqual([]);
});
