// The controls of a run: --set, sweeps and repetitions, --seed, --baseline and --watch.
import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, inject, test } from "vitest";
import { jsrrHere, startJsrr } from "../support/cli.js";
import { folderOfFile } from "../support/folder.js";
import { aliceAndBob, coreGreeting } from "../support/scenario.js";

const folder = folderOfFile("controls");

function fileOf(name: string, more = "", wanted = "ok hello") {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, coreGreeting(more, { name, wanted }));
  return file;
}

const scenario = (...words: string[]) => jsrrHere(["scenario", "-q", ...words]);

describe.concurrent("--set", () => {
  test("is used by the run and kept in the history", async () => {
    const file = fileOf("set");
    const { code, stdout } = await scenario(file, "--json", "--set", "services.greeter.reply=bye");
    expect(code).toBe(1);
    const { history, requests } = JSON.parse(stdout);
    expect(requests[0].outcome).toBe("ok bye");
    const saved = readFileSync(join(history, "scenario.yaml"), "utf8");
    expect(saved).toBe(readFileSync(file, "utf8").replace("reply: hello", "reply: bye"));
  });

  test("reports a mistake in a set value with the setting", async () => {
    const file = fileOf("set-bad");
    const { code, stderr, stdout } = await scenario(file, "--set", "requesters.carol.timout=5", "--set", "seed=1");
    expect({ code, stdout }).toEqual({ code: 4, stdout: "" });
    expect(stderr).toContain('--set requesters.carol.timout=5: Unknown key "timout" in `requesters.carol`');
    expect(stderr).toContain('did you mean "timeout"?');
  });

  test.each([
    ["setup", "Expected a setting like setup.ack_wait=2s"],
    ["setup.ack_wait=2s", "Cannot set setup.ack_wait: setup is none in the file, not a mapping or a list."],
  ])("%s is refused", async (setting, message) => {
    const { code, stderr } = await scenario(fileOf("set-none"), "--set", setting);
    expect({ code, lines: stderr.trimEnd().split("\n").length }).toEqual({ code: 4, lines: 1 });
    expect(stderr).toContain(message);
  });

  test("is for every one of several scenarios", async () => {
    const files = [fileOf("many-a"), fileOf("many-b")];
    const told = await jsrrHere(["scenarios", "-q", ...files, "--set", "services.greeter.reply=bye"]);
    expect(told.stdout).toMatch(/✘ many-a .*violated[\s\S]*✘ many-b .*violated[\s\S]*2 runs: 2 violated/);
    const histories = readdirSync(join(inject("state"), "jsrr", "scenarios"));
    expect(histories).toContainEqual(expect.stringMatching(/^many-a-/)); // where the user's variables say
  });
});

describe.concurrent("a sweep of settings", () => {
  const sweep = "sweep: { services.greeter.reply: [hello, bye], requesters.carol.timeout: [1s, 2s] }\n";

  test("prints a row for each combination, and all must hold", async () => {
    const { code, stdout } = await scenario(fileOf("swept", sweep), "--parallel", "4");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^reply +timeout +verdict +requested +stored/);
    expect(stdout).toMatch(/\nhello +1s +✔ held +1 +0 +0 +0 +1\n/);
    expect(stdout).toMatch(/\nbye +2s +✘ violated +1 +0 +0 +0 +1\n {4}Expected hi to be ok hello/);
    expect(stdout).toMatch(/\n4 runs: 2 held, 2 violated\n$/);
  });

  test("prints every repeated run with its settings with --json", async () => {
    const file = fileOf(
      "swept-json",
      `${sweep.replace("[1s, 2s]", "[1s, 1500ms]").replace("bye", "hello")}repeat: 3\n`,
    );
    const { code, stdout } = await scenario(file, "--json", "--repeat", "1", "--parallel", "4", "--seed", "7");
    const { format, outcomes } = JSON.parse(stdout);
    expect({ code, format, runs: outcomes.length }).toEqual({ code: 0, format: 1, runs: 4 });
    expect(outcomes[3]).toMatchObject({
      state: "held",
      settings: [
        { path: "services.greeter.reply", value: "hello" },
        { path: "requesters.carol.timeout", value: "1500ms" },
      ],
      result: { seed: 7 },
    });
  });

  test("runs nothing with a bad value", async () => {
    const file = fileOf("swept-bad", "sweep: { requesters.carol.timeout: [1s, soon] }\n");
    const { code, stderr, stdout } = await scenario(file);
    expect({ code, stdout }).toEqual({ code: 4, stdout: "" });
    expect(stderr).toContain(`${file}:10:41: Expected every combination of the sweep to be a scenario: Expected`);
    expect(stderr).toContain("with requesters.carol.timeout=soon");
  });

  test("is compared with a baseline combination by combination, and repeated runs are refused", async () => {
    const file = fileOf("swept-based", sweep);
    const chosen = ["--set", "requesters.carol.timeout=1s", "--parallel", "4"];
    const [saved, better] = [join(folder, "swept-based.json"), join(folder, "swept-better.json")];
    const { stdout } = await scenario(file, ...chosen, "--json");
    writeFileSync(saved, stdout);
    writeFileSync(better, stdout.replaceAll('"violated"', '"held"'));
    const [same, worse, repeated] = await Promise.all([
      scenario(file, ...chosen, "--baseline", saved),
      scenario(file, ...chosen, "--baseline", better),
      scenario(file, ...chosen, "--repeat", "2", "--baseline", saved),
    ]);
    expect(repeated).toMatchObject({ code: 4, stdout: "" });
    expect(repeated.stderr).toContain(
      "Expected --baseline with one run of each combination, got several in this command: use --repeat 1.",
    );
    expect(same.stdout).toContain(`2 runs: 1 held, 1 violated\n\nBaseline  nothing changed since ${saved}\n`);
    expect(worse.stdout).toContain(
      "1 regression\n          ✘ services.greeter.reply=bye requesters.carol.timeout=1s: verdict: held before, violated now\n",
    );
  });

  test("is not compared with the result of one run", async () => {
    const saved = join(folder, "one-of-sweep.json");
    writeFileSync(saved, (await scenario(fileOf("swept-one"), "--json")).stdout);
    const { code, stdout, stderr } = await scenario(fileOf("swept-one", sweep), "--baseline", saved);
    expect({ code, stdout }).toEqual({ code: 4, stdout: "" });
    expect(stderr).toContain("is the result of one run, and this is a sweep of 4 combinations: give --baseline");
  });
});

test("--seed repeats random orders, and the report has the seed", async () => {
  const file = join(folder, "random.yaml");
  const load = "{ from: alice, as: jobs, count: 20, orders: { order-sandwich: 1, order-bagel: 1 } }";
  const text = `${aliceAndBob(`  - request: ${load}\n  - eventually: { stream.REPLIES.messages: 20 }`)}setup: { storage: memory }\n`;
  writeFileSync(file, text);
  const [once, again, told] = await Promise.all([
    scenario(file, "--seed", "5", "--json"),
    scenario(file, "--seed", "5", "--json"),
    scenario(file, "--seed", "6"),
  ]);
  const orders = ({ stdout }: typeof once) =>
    JSON.parse(stdout).requests.map(({ subject }: { subject: string }) => subject);
  expect(orders(once)).toHaveLength(20);
  expect(orders(again)).toEqual(orders(once));
  expect(told.stdout).toContain("Seed      6; --seed 6 plays it again\n");
  expect((await scenario(fileOf("not-random"), "--seed", "6")).stdout).not.toContain("Seed ");
});

test("`repeat` runs the scenario that often and prints one row", async () => {
  const file = fileOf("repeated", "repeat: 2\n");
  const reports = join(folder, "reports");
  const { code, stdout } = await scenario(file, "--parallel", "2", "--report", reports);
  expect(code).toBe(0);
  expect(readdirSync(reports)).toHaveLength(4); // a folder for each run, the page and the suites
  expect(stdout).toMatch(/^verdict +held[\s\S]*\n✔ held +2 of 2 +1 /);
});

describe.concurrent("--baseline", () => {
  test("finds a regression against a result of --json or a history", async () => {
    const file = fileOf("based");
    const good = await scenario(file, "--json");
    const saved = join(folder, "based.json");
    writeFileSync(saved, good.stdout);
    const { history } = JSON.parse(good.stdout);
    const [same, worse] = await Promise.all([
      scenario(file, "--baseline", history),
      scenario(file, "--baseline", saved, "--set", "services.greeter.reply=bye", "--json"),
    ]);
    expect(same.code).toBe(0);
    expect(same.stdout).toContain(`Baseline  nothing changed since ${history}/result.json`);
    expect(worse.code).toBe(1);
    expect(worse.stderr).toContain("1 regression\n          ✘ verdict: held before, violated now\n");
    expect(JSON.parse(worse.stdout).verdict).toBe("violated");
  });

  test.each([
    ["nothing.json", undefined, /^Expected --baseline to be a result or a history's folder, got .*: there is none\.$/],
    ["text.json", "hello", /^Expected --baseline to be the result of a run, as .* prints it, got something else in /],
    ["newer.json", '{"format":2}', /is a result of format 2, and this jsrr reads format 1: use a newer jsrr\.$/],
  ])("%s is refused before anything runs", async (name, text, message) => {
    const place = join(folder, name);
    if (text !== undefined) writeFileSync(place, text);
    const { code, stdout, stderr } = await scenario(fileOf("based-bad"), "--baseline", place);
    expect({ code, stdout }).toEqual({ code: 4, stdout: "" });
    expect(stderr.trimEnd()).toMatch(message);
  });

  test("refuses another scenario's result", async () => {
    const other = await scenario(fileOf("other"), "--json");
    const place = join(folder, "other.json");
    writeFileSync(place, other.stdout);
    const { code, stderr } = await scenario(fileOf("based-other"), "--baseline", place);
    expect(code).toBe(4);
    expect(stderr).toContain("Expected --baseline to be a result of the scenario based-other, got one of other");
  });
});

test("--watch runs the file again when it changes, prints its problems, and ends at Ctrl-C", async () => {
  const file = fileOf("watched");
  await using watching = startJsrr(["scenario", "-q", "--watch", file]);
  await watching.says(/Verdict +✔ held[\s\S]*Watching .*watched\.yaml/);
  writeFileSync(file, "scenario: watched\n");
  await watching.says(/Expected the file to have `question`[\s\S]*Watching/);
  // As many editors do it: another file takes its place.
  const next = fileOf("watched-next", "", "ok bye");
  renameSync(next, file);
  await watching.says(/Verdict +✘ violated[\s\S]*Watching/);
  watching.signal("SIGINT");
  const { code, stdout, stderr } = await watching.ended;
  expect(code).toBe(0);
  expect(stdout.match(/Verdict/g)).toHaveLength(2);
  expect(stderr).not.toMatch(/^\s+at /m);
});
