import { expect, test } from "vitest";
import { readBacklogArguments, readRunArguments } from "../../bench/arguments.js";

const known = ["core", "inbox", "mailbox"];
const run = (...args: string[]) => readRunArguments(args, known, "core");

test("the defaults are every row, five rounds, and 1 and 500 in flight", () => {
  expect(run()).toEqual({
    ...{ json: false, help: false, rounds: 5, requests: 20_000, inFlight: [1, 500] },
    ...{ payloadBytes: 128, baseline: "core", rows: known, markdown: false },
  });
});

test("the baseline always runs, and rows keep the table's order", () => {
  expect(run("--rows", "mailbox").rows).toEqual(["core", "mailbox"]);
  expect(run("--rows", "mailbox,core,inbox").rows).toEqual(known);
  expect(run("--rows", "mailbox", "--baseline", "inbox").rows).toEqual(["inbox", "mailbox"]);
});

test("counts are read with their unit", () => {
  expect(run("--requests", "20k", "--in-flight", "1, 50").requests).toBe(20_000);
  expect(readBacklogArguments(["--sizes", "10k,1M"]).sizes).toEqual([10_000, 1_000_000]);
  expect(readBacklogArguments([])).toMatchObject({ sizes: [10_000, 100_000, 1_000_000], atLeast: 100_000 });
});

test.each([
  [["--rounds", "0"], 'Expected --rounds to be a count such as 500, 10k or 1M, got "0".'],
  [["--in-flight", "1,x"], 'Expected --in-flight to be a count such as 500, 10k or 1M, got "x".'],
  [["--rows", "kv"], 'Expected a row (core, inbox, mailbox), got "kv".'],
  [["--profile", "kv"], 'Expected a row (core, inbox, mailbox), got "kv".'],
  [["--round", "5"], "see --help"],
])("the argument %j is refused by name", (args, message) => {
  expect(() => run(...args)).toThrow(message);
});
