// A run that does not hold says so, with the reason and the exit code that goes with it.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { jsrr, jsrrHere } from "../support/cli.js";
import { folderOfFile } from "../support/folder.js";

const folder = folderOfFile("scenarios");

/** alice and bob, with a timeline of its own. */
function scenario(name: string, timeline: string, more = ""): string {
  const file = join(folder, `${name}.yaml`);
  const head = `scenario: ${name}\nquestion: Does it?\nanswer: It does.\n`;
  const actors = "requesters:\n  alice: { timeout: 300ms, reply: mailbox }\nresponders:\n  bob: { online: false }\n";
  writeFileSync(file, `${head}${actors}timeline:\n${timeline}${more}`);
  return file;
}

const lunch = "  - request: { from: alice, order: order-sandwich, as: lunch }\n";

describe.concurrent("a run that does not hold", () => {
  test("is violated with exit 1, expected, actual and the line in the file", async () => {
    const file = scenario("wrong", `${lunch}  - expect: { lunch: ok 🥪, stream.REQUESTS.messages: 0 }\n`);
    const { code, stdout } = await jsrrHere(["scenario", file, "--json"]);
    const result = JSON.parse(stdout);
    expect(code).toBe(1);
    expect(result.verdict).toBe("violated");
    expect(result.reason).toBe("Expected lunch to be ok 🥪, but it was timed-out (line 10).");
    expect(result.expectations).toMatchObject([
      { path: "lunch", expected: "ok 🥪", actual: "timed-out", verdict: "violated", line: 10 },
      { path: "stream.REQUESTS.messages", expected: 0, actual: 1, verdict: "violated", line: 10 },
    ]);
  });

  test("fails if the id of a pending request is sent again", async () => {
    const same = "{ from: alice, order: order-sandwich, id: one, timeout: 20s, as: ";
    const file = scenario("same", `  - request: ${same}a }\n  - request: ${same}b }\n  - wait: 10s\n`);
    const { code, stderr } = await jsrrHere(["scenario", file, "--quiet"]);
    expect([code, stderr]).toEqual([3, expect.stringMatching(/Request one is already waiting for its reply here/)]);
  });

  test("reports what eventually found at its limit", async () => {
    const file = scenario("never", `${lunch}  - eventually: { stream.REPLIES.messages: 1 }\n    within: 400ms\n`);
    const { code, stdout } = await jsrrHere(["scenario", file]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/✘ stream\.REPLIES\.messages is 0, expected 1/);
  });

  test("is violated by an event that never comes, and plays no later step", async () => {
    const later = "  - start: bob\n    after: lunch.received\n    within: 600ms\n  - expect: { lunch: ok }\n";
    const { code, stdout } = await jsrrHere(["scenario", scenario("anchor", lunch + later), "--json"]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      reason: "Expected lunch.received to be seen within 600 ms, but it was not seen (line 10).",
      counts: { executed: 0 },
    });
  });

  test("is inconclusive with exit 2 if a check has nothing to judge", async () => {
    const timeline = `${lunch}  - expect: { lunch: timed-out }\n`;
    const { code, stdout } = await jsrrHere([
      "scenario",
      scenario("open", timeline, "check: [no-lost-replies]\n"),
      "--json",
    ]);
    expect([code, JSON.parse(stdout).verdict]).toEqual([2, "inconclusive"]);
  });

  test("is violated by the absence of an expected loss", async () => {
    const timeline = `${lunch}  - expect: { lunch: timed-out }\n  - start: bob\n  - within: 5s\n    eventually: { stream.REPLIES.messages: 1 }\n`;
    const more = "check: [no-lost-replies]\nexpected: { no-lost-replies: violated }\n";
    const { code, stdout } = await jsrrHere(["scenario", scenario("lesson", timeline, more), "--json"]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout).reason).toMatch(/the lesson did not show/);
  });

  test("ends with exit 2 and one sentence if the server is too old", async () => {
    const file = scenario("future", lunch, 'requires: { server: ">=99.0" }\n');
    const { code, stderr } = await jsrr(["scenario", file], { env: { NATS_SERVER_BIN: undefined } });
    expect([code, stderr]).toEqual([2, expect.stringMatching(/99\.0/)]);
  });
});

test("--json prints one document and nothing else on stdout", async () => {
  const { code, stdout, stderr } = await jsrr(["scenario", "offline-responder", "--json"]);
  expect([code, stderr]).toEqual([0, ""]);
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({
    scenario: "offline-responder",
    verdict: "held",
    server: { version: expect.stringMatching(/^\d+\.\d+/), origin: expect.any(String) },
    counts: { requested: 1, stored: 1, executed: 1, replied: 1, collected: 1 },
    history: expect.stringContaining("offline-responder-"),
  });
  expect(result.question).toContain("responder");
  expect(result.expectations[0]).toMatchObject({ path: "lunch", expected: "timed-out", actual: "timed-out" });
});
