// `jsrr explore` on real servers: a responder that acks too early is found, and its file reproduces; the kit's own holds.
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { brokenProgram } from "../fixtures/experiment.js";
import { defaultBase, explorationText, explore } from "../internal/explore.js";
import { runScenario } from "../internal/runner.js";
import { loadScenario } from "../internal/scenario.js";
import { jsrr, startJsrr } from "../support/cli.js";

const place = () => mkdtempSync(join(inject("state"), "explored-"));

test("a lost reply is found, confirmed, shrunk, and reproduced by its file", { timeout: 240_000 }, async () => {
  const [folder, historyRoot] = [place(), place()];
  const programs = { bob: brokenProgram("drops-reply") };
  const options = { base: defaultBase(), faults: ["pause-actor"] as const, programs, historyRoot };
  const result = await explore({ ...options, folder, seed: 1, runs: 10, mostFound: 1, confirmRuns: 2, shrinkRuns: 6 });
  const [found] = result.found;
  expect(found).toMatchObject({ check: "no-lost-replies", shrunk: true, shown: { of: 2 } });
  expect(found?.steps).toBeLessThanOrEqual(4); // a person needs 1;
  expect(explorationText(result, 80)).toContain(`jsrr scenario ${found?.file}`);

  const again = await runScenario(await loadScenario(found?.file as string), { historyRoot, programs });
  expect(again.result.checks).toMatchObject([{ name: "no-lost-replies", verdict: "violated" }]);
  expect(readdirSync(join(folder, found?.name as string))).toEqual(expect.arrayContaining(["history", "report.html"]));
});

test("an exploration of the kit's responder ends with 0, a page and JSON", { timeout: 120_000 }, async () => {
  const folder = place();
  const base = join(folder, "base.yaml");
  // Times that a busy machine keeps, too: a redelivery without a fault would be a finding.
  writeFileSync(
    base,
    `scenario: base
question: Does it hold?
answer: It does.
setup: { ack_wait: 30s }
requesters: { alice: { timeout: 25s, on_timeout: keep } }
responders: { bob: { concurrency: 1, work: 1ms, fails: 0 } }
timeline:
  - request: { from: alice, order: order-bagel, as: lunch }
  - expect: { lunch: ok 🥪 }
    after: lunch.received
`,
  );
  const args = ["explore", base, "--seed", "56", "--runs", "1", "--faults", "none", "--report", folder, "--json"];
  const { code, stdout, stderr } = await jsrr(args);
  const result = JSON.parse(stdout);
  expect([code, result.found, result.format], stderr).toEqual([0, [], 1]);
  expect(result.states).toMatchObject({ held: 1, failed: 0 });
  expect(Object.keys(result.pairs)).toContain("stored none");
  expect(readFileSync(join(folder, "index.html"), "utf8")).toContain("Exploration from seed 56");
});

test("Ctrl-C ends an exploration with what it has shown so far", { timeout: 60_000 }, async () => {
  const folder = place();
  await using run = startJsrr(["explore", "--seed", "2", "--faults", "none", "--report", folder, "--history", place()]);
  await run.says(/runs, .*; seed 2/);
  run.signal("SIGINT");
  const { code, stdout } = await run.ended;
  expect(code).toBe(130);
  expect(stdout).toMatch(/experiments? from seed 2/);
  expect(existsSync(join(folder, "index.html"))).toBe(true);
});
