// A saved history is judged as it was when its run ended; what cannot be judged is named.
import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { exitCodeOf } from "../internal/commands.js";
import { brokenRun, judgeSavedRun, runScenario } from "../internal/runner.js";
import { loadScenario } from "../internal/scenario.js";
import { jsrr } from "../support/cli.js";
import { folderOfFile } from "../support/folder.js";

const root = folderOfFile("histories");

const file = join(root, "twice.yaml");
writeFileSync(
  file,
  `scenario: twice
question: Is it?
answer: It is.
requesters: { alice: {} }
responders: { bob: {} }
timeline:
  - request: { from: alice, order: order-sandwich, as: lunch }
  - expect: { lunch: ok 🥪 }
  - request: { from: alice, order: order-bagel, as: dinner }
  - expect: { dinner: ok 🥯, stream.REPLIES.messages: 3 }
check: [no-lost-requests, no-stuck-messages, no-late-execution, order-kept, { no-duplicate-executions: { at_most: 2 } }]
expected: { no-late-execution: inconclusive }
`,
);
const { result: original } = await runScenario(await loadScenario(file), { historyRoot: root });

/** A copy of the saved history with something about it changed. */
let copies = 0;
function copy(change: (folder: string) => void = () => {}): string {
  const folder = join(root, `copy-${++copies}`);
  cpSync(original.history, folder, { recursive: true });
  change(folder);
  return folder;
}

test("a saved run has the same result as the run, except its place", async () => {
  expect(original.verdict).toBe("violated"); // two replies, where three are expected
  const { result } = await judgeSavedRun(copy());
  expect({ ...result, history: original.history }).toEqual(original);
});

test("a saved run with the older word `unknown` is judged as inconclusive", async () => {
  const older = (folder: string) => {
    for (const name of ["result.json", "scenario.yaml"])
      writeFileSync(join(folder, name), readFileSync(join(folder, name), "utf8").replaceAll("inconclusive", "unknown"));
    const result = JSON.parse(readFileSync(join(folder, "result.json"), "utf8"));
    result.expectations[0].verdict = "unknown";
    writeFileSync(join(folder, "result.json"), JSON.stringify(result));
  };
  const { result } = await judgeSavedRun(copy(older));
  expect(result.expectations[0]?.verdict).toBe("inconclusive");
  expect(result.checks).toContainEqual(
    expect.objectContaining({ name: "no-late-execution", verdict: "inconclusive", expected: "inconclusive" }),
  );
});

test("a saved run is judged by the named checks only, with the scenario's parameters", async () => {
  const { result } = await judgeSavedRun(copy(), ["order-kept", "no-duplicate-executions"]);
  expect(result.verdict).toBe("held");
  expect(result.checks).toMatchObject([{ name: "order-kept" }, { name: "no-duplicate-executions", atMost: 2 }]);
  expect(result.expectations).toEqual([]);
});

test("a saved run that was interrupted has its events and the reason, and neither checks nor a verdict", async () => {
  const end = new AbortController();
  let history = "";
  const scenario = await loadScenario(file);
  const why = new Error("The power went.");
  const run = runScenario(scenario, {
    historyRoot: root,
    signal: end.signal,
    onHistory: (folder) => {
      history = folder;
    },
    onEvent: (event) => event.type === "stored" && end.abort(why),
  });
  await expect(run).rejects.toThrow(why);
  const { result, events, failure, scenario: text } = brokenRun(scenario, history, why.message);
  expect({ failure, text }).toEqual({ failure: why.message, text: scenario.text });
  expect(result).toMatchObject({ verdict: "inconclusive", reason: why.message, checks: [], counts: { stored: 1 } });
  expect(events.map(({ type }) => type)).toContain("stored");
});

test("a saved run that was killed is judged in spite of a torn last line", async () => {
  const folder = copy((folder) => {
    rmSync(join(folder, "result.json"));
    appendFileSync(join(folder, "bob.ndjson"), '{"n":99,"t":1,"ac');
  });
  const { result } = await judgeSavedRun(folder);
  expect(result.checks).toEqual(original.checks);
  expect(result).toMatchObject({ verdict: "held", server: { version: original.server.version } });
});

describe("a folder that cannot be judged", () => {
  const replace = (name: string, from: RegExp, to: string) => (folder: string) => {
    const file = join(folder, name);
    writeFileSync(file, readFileSync(file, "utf8").replace(from, to));
  };
  const cases: [string, () => string, RegExp][] = [
    ["no folder", () => join(root, "none"), /^There is no folder .*none; name the folder that a run printed/],
    ["a file", () => file, /is a file; name the folder/],
    ["no history in it", () => emptyFolder(), /holds no history \(no \.ndjson file\); name the folder/],
    [
      "a damaged line",
      () => copy(replace("bob.ndjson", /\n\{/, "\nxx{")),
      /bob\.ndjson:2: expected one event in JSON, got xx/,
    ],
    [
      "a newer history",
      () => copy(replace("lab.ndjson", /"format":1/, '"format":2')),
      /is a history of format 2, and this jsrr reads format 1: use a newer one/,
    ],
    ["a newer result", () => copy(replace("result.json", /"format": 1/, '"format": 2')), /is a history of format 2/],
    [
      "a damaged result",
      () => copy(replace("result.json", /"path"/g, '"pth"')),
      /result\.json is not the result of a run in JSON; remove it/,
    ],
    [
      "a damaged scenario",
      () => copy(replace("scenario.yaml", /order-kept/, "order-kpt")),
      /scenario\.yaml:11:\d+: .*order-kpt/,
    ],
    [
      "no scenario",
      () => copy((folder) => rmSync(join(folder, "scenario.yaml"))),
      /holds no scenario\.yaml: name the checks with --check\.$/,
    ],
    ["no events", () => emptyFolder("lab.ndjson"), /holds a history without a single event\.$/],
  ];

  test.each(cases)("%s", async (_title, folder, message) => {
    const error = await judgeSavedRun(folder()).then(
      () => expect.fail("it was judged"),
      (thrown: Error) => thrown,
    );
    expect(error.message).toMatch(message);
    expect(exitCodeOf(error)).toBe(4);
  });

  function emptyFolder(file?: string): string {
    const folder = join(root, `empty-${++copies}`);
    mkdirSync(folder);
    if (file) writeFileSync(join(folder, file), "");
    return folder;
  }
});

test.concurrent("jsrr check ends with the verdict's exit code and prints one JSON document", async () => {
  const [all, some, none] = await Promise.all([
    jsrr(["check", original.history, "--json"]),
    jsrr(["check", original.history, "--check", "no-late-execution", "order-kept"]),
    jsrr(["check", original.history, "--check", "order-kpt"]),
  ]);
  expect([all.code, JSON.parse(all.stdout), all.stderr]).toEqual([1, original, ""]);
  expect([some.code, some.stderr]).toEqual([0, ""]);
  expect(some.stdout).toMatch(/✔ no-late-execution inconclusive, as expected: .*✔ order-kept/s);
  expect([none.code, none.stderr]).toEqual([4, expect.stringMatching(/^Expected --check to be no-lost-requests or /)]);
});

test("a saved run with a broken record is inconclusive, and says which file", async () => {
  const edit = (name: string, change: (lines: string[]) => string) => (folder: string) => {
    const path = join(folder, name);
    writeFileSync(path, change(readFileSync(path, "utf8").trimEnd().split("\n")));
  };
  const whole = (lines: string[]) => `${lines.join("\n")}\n`;
  const broken: [(folder: string) => void, RegExp][] = [
    [edit("bob.ndjson", (lines) => whole(lines.toSpliced(1, 1))), /bob has the event 3 after 1/],
    [edit("bob.ndjson", (lines) => whole(lines).slice(0, -9)), /bob\.ndjson ends in a torn line/],
    [
      edit("bob.ndjson", (lines) => whole(lines).replace('"actor":"bob"', '"actor":"eve"')),
      /bob\.ndjson has events of/,
    ],
  ];
  for (const [change, reason] of broken) {
    const { result } = await judgeSavedRun(copy(change));
    expect(result).toMatchObject({ verdict: "inconclusive", reason: expect.stringMatching(reason) });
  }
});
