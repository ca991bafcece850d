// The flags of `npm run soak:faults`.
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readArguments } from "../../soak/arguments.js";

const read = (...args: string[]) => readArguments(args, () => 42);

test("the defaults are 100 schedules from a drawn seed on one server, two at a time", () => {
  const keep = join(tmpdir(), "soak-faults");
  const forMs = Number.POSITIVE_INFINITY;
  expect(read()).toEqual({ help: false, seed: 42, runs: 100, nodes: 1, parallel: 2, forMs, keep, keepAll: false });
});

test("a time without a count has no limit of schedules, and both together have both", () => {
  expect(read("--for", "10m")).toMatchObject({ runs: Number.POSITIVE_INFINITY, forMs: 600_000 });
  expect(read("--for", "90s", "--runs", "7")).toMatchObject({ runs: 7, forMs: 90_000 });
});

test.each([
  [["--runs", "0"], 'Expected --runs to be a whole number from 1, got "0".'],
  [["--seed", "x"], 'Expected --seed to be a whole number from 0, got "x".'],
  [["--nodes", "2"], 'Expected --nodes to be 1 or 3, got "2".'],
  [["--for", "10"], 'Expected --for to be a time such as 90s, 10m or 1h, got "10".'],
  [["--run", "1"], "see --help"],
])("the argument %j is refused by name", (args, message) => {
  expect(() => read(...args)).toThrow(message);
});
