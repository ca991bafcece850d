// From a file on the disk to a scenario: what is read, what is refused before it is parsed, and what it comes to.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadScenario, parseScenario, ScenarioInvalidError } from "../internal/scenario.js";
import { aliceAndBob } from "../support/scenario.js";
import { goodFile } from "./bad-files.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "scenario-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function load(content: string | Uint8Array) {
  const file = join(folder, "x.yaml");
  await writeFile(file, content);
  return loadScenario(file);
}

async function diagnosticsOf(loading: Promise<unknown>) {
  const error = await loading.then(
    () => expect.fail("it loaded"),
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(ScenarioInvalidError);
  return (error as ScenarioInvalidError).diagnostics.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

describe("a file is refused before parsing:", () => {
  test("if it is missing", async () => {
    expect(await diagnosticsOf(loadScenario(join(folder, "none.yaml")))).toEqual([
      "1:1 Expected a scenario file, got nothing: there is no such file",
    ]);
  });
  test("if it is a folder", async () => {
    expect(await diagnosticsOf(loadScenario(folder))).toEqual(["1:1 Expected a scenario file, got a folder"]);
  });
  test("if its path is invalid", async () => {
    expect(await diagnosticsOf(loadScenario("a\u0000b.yaml"))).toHaveLength(1);
  });
  test.skipIf(process.platform === "win32")("if it is an endless device", async () => {
    expect(await diagnosticsOf(loadScenario("/dev/zero"))).toEqual([
      "1:1 Expected a scenario file, got something that is not a file",
    ]);
  });
  test("if it is larger than 64 KB", async () => {
    const [diagnostic] = await diagnosticsOf(load(`${goodFile}#${"x".repeat(64 * 1024)}`));
    expect(diagnostic).toMatch(/^1:1 Expected at most 64 KB, got \d+ bytes$/);
  });
  test("if it has bytes that are not UTF-8, at their place", async () => {
    const bytes = Buffer.concat([Buffer.from("scenario: test\nquestion: caf"), Buffer.from([0xe9]), Buffer.from("?")]);
    expect(await diagnosticsOf(load(bytes))).toEqual(["2:14 Expected UTF-8 text, got bytes that are not"]);
  });
});

describe("a file is accepted", () => {
  test("with a byte order mark", async () => expect(await load(`\uFEFF${goodFile}`)).toBeDefined());
  test("with CRLF", async () => {
    const [unix, windows] = [goodFile, goodFile.replaceAll("\n", "\r\n")].map((text) => parseScenario(text, "x"));
    expect(unix?.scenario).toBeDefined();
    expect({ ...windows?.scenario, text: "" }).toEqual({ ...unix?.scenario, text: "" });
  });
  test("with anchors and merge keys", () => {
    const text = goodFile
      .replace("ivan:\n", "ivan:\n    <<: &slow { timeout: 9s }\n")
      .replace("carol:\n", "carol:\n    <<: *slow\n");
    expect(parseScenario(text, "x").scenario?.requesters.carol).toMatchObject({ timeoutMs: 9000, reply: "core" });
  });
});

test("a mistake in a merged mapping is shown where it is written", () => {
  const text = goodFile.replace("ivan:\n", "ivan:\n    <<: { timeout: 9 }\n");
  const { diagnostics } = parseScenario(text, "x");
  expect(diagnostics[0]?.source).toBe("    <<: { timeout: 9 }");
});

const timeline = (steps: string) => parseScenario(goodFile.replace("  - start: bob\n", steps), "x").scenario?.timeline;

describe("a loaded scenario", () => {
  test("has defaults", () => {
    const { scenario } = parseScenario(
      goodFile.replace("online: false", "unmatched: silent").replace("start: bob", "stop: bob"),
      "x",
    );
    expect(scenario).toMatchObject({
      setup: { storage: "file", replicas: 1, ackWaitMs: 30_000, maxDeliver: -1 },
      requesters: { alice: { reply: "mailbox", timeoutMs: 5000, online: true } },
      responders: { bob: { online: true, unmatched: "silent", concurrency: 1, fails: 0 } },
      requires: {},
      expected: {},
    });
    expect(scenario?.responders.bob?.menu).toBeUndefined();
  });

  test("has the parameter of a check", () => {
    const text = goodFile.replace("- no-lost-requests", "- no-duplicate-executions: { at_most: 2 }\n  - order-kept");
    expect(parseScenario(text, "x").scenario?.check).toEqual([
      { name: "no-duplicate-executions", atMost: 2 },
      "order-kept",
    ]);
  });

  test("has no streams with setup: none", () => {
    const text = goodFile
      .replace("responders:\n  bob:\n    online: false\n", "setup: none\n")
      .replace("start: bob", "stop: alice");
    expect(parseScenario(text, "x").scenario?.setup).toBeUndefined();
  });

  test.each([
    [">=2.11", "2.11.0"],
    [">= 2.14.3", "2.14.3"],
  ])("has the required server version %s", (server, version) => {
    const { scenario } = parseScenario(`${goodFile}requires: { server: "${server}" }\n`, "x");
    expect(scenario?.requires).toEqual({ server: version });
  });

  test("counts anchors from one, and has the place of each step", () => {
    const steps = timeline(
      "  - request: { from: alice, order: order-bagel, as: lunch }\n" +
        "  - start: bob\n    after: lunch.delivered#2\n    within: 1.5s\n",
    );
    expect(steps?.[1]).toEqual({
      kind: "start",
      actor: "bob",
      line: 22,
      after: { of: "lunch", event: "delivered", count: 2 },
      withinMs: 1500,
    });
  });

  test("has the line of each expectation", () => {
    const [step] =
      timeline("  - eventually:\n      stream.REQUESTS.messages: 0\n      stream.REPLIES.messages: 0\n") ?? [];
    expect(step).toMatchObject({ line: 21, withinMs: 10_000, expectations: [{ line: 22 }, { line: 23 }] });
  });

  test("has a short collect by the requester that sent the request", () => {
    const steps = timeline("  - request: { from: ivan, order: order-bagel, as: lunch }\n  - collect: lunch\n");
    expect(steps?.[1]).toEqual({ kind: "collect", request: "lunch", by: "ivan", line: 22, withinMs: 10_000 });
  });
});

describe("an order without a handler is accepted if the file says that it is meant:", () => {
  const drink = "  - request: { from: alice, order: order-drink, as: drink }";
  test.each([
    ["its outcome is rejected", "  - eventually: { drink: rejected no such order }"],
    ["its outcome may be rejected", "  - eventually: { drink: [timed-out, rejected] }"],
    ["some of them are rejected", "  - eventually: { drink: { rejected: 1 } }"],
    ["it is terminated", "  - expect: { events.drink.terminated: 1 }"],
    ["a step waits until it is terminated", "  - { wait: 1ms, after: drink.terminated }"],
  ])("%s", (_, step) => {
    expect(parseScenario(aliceAndBob(`${drink}\n${step}`), "x").diagnostics).toEqual([]);
  });

  test("but not if only another request is", () => {
    const other = "  - request: { from: alice, order: order-dirnk, as: other }\n  - expect: { other: rejected }";
    expect(parseScenario(aliceAndBob(`${drink}\n${other}`), "x").diagnostics).toMatchObject([{ line: 8 }]);
  });

  test("or if no responder is in the file", () => {
    const alone = aliceAndBob(drink).replace(/^responders:.*$/m, "responders: {}");
    expect(parseScenario(alone, "x").diagnostics).toEqual([]);
  });
});
