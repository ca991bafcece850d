// Scenarios in tests: parsed from text, and run on a server of their own.
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { inject } from "vitest";
import { type RunOptions, runScenario } from "../internal/runner.js";
import { parseScenario, type Scenario, ScenarioInvalidError } from "../internal/scenario.js";

/** Test files share a worker, and with it this folder: it goes with the folder that it is in, after all tests. */
const historyRoot = mkdtempSync(join(inject("state"), "histories-"));

/** @throws ScenarioInvalidError */
export function scenarioOf(text: string): Scenario {
  const { scenario, diagnostics } = parseScenario(text, "in-a-test.yaml");
  if (scenario === undefined) throw new ScenarioInvalidError(diagnostics);
  return scenario;
}

export const play = (text: string, options: RunOptions = {}) =>
  runScenario(scenarioOf(text), { historyRoot, ...options });

/** A scenario with alice (mailbox, 1 s), bob, a timeline, and more keys. */
export const aliceAndBob = (timeline: string, { bob = "{}", more = "" } = {}) => `
scenario: test
question: Does it?
answer: It does.
requesters: { alice: { timeout: 1s } }
responders: { bob: ${bob} }
timeline:
${timeline}
${more}`;

/** carol's core request to a greeter, without a stream. Tests count on its lines: `more` begins at the tenth. */
export const coreGreeting = (more = "", { name = "test", wanted = "ok hello" } = {}) => `scenario: ${name}
question: Does somebody answer?
answer: Somebody does.
setup: none
requesters: { carol: { reply: core, timeout: 1s } }
services: { greeter: { subject: greet.*, reply: hello } }
timeline:
  - request: { from: carol, subject: greet.joe, as: hi }
  - { after: hi.received, expect: { hi: ${wanted} } }
${more}`;
