// What a result says against an earlier one, and what of it is a regression.
import { expect, test } from "vitest";
import { type Baseline, baselineSchema, changesSince, changesText } from "../internal/report.js";

const before: Baseline = {
  scenario: "x",
  verdict: "held",
  expectations: [{ path: "lunch", expected: "ok 🥪", verdict: "held" }],
  checks: [
    { name: "no-lost-replies", verdict: "held", expected: "held" },
    { name: "no-duplicate-executions", verdict: "violated", expected: "violated" },
  ],
  counts: { requested: 1, stored: 1, executed: 1, replied: 1, collected: 0 },
  latency: [{ as: "lunches", p50: 2, p90: 4, p99: 10 }],
};

const changes = (now: Partial<Baseline>, tolerance = 50) => changesSince(before, { ...before, ...now }, tolerance);
const regressions = (now: Partial<Baseline>, tolerance?: number) =>
  changes(now, tolerance).flatMap(({ text, regression }) => (regression ? [text] : []));

test("equal results are no regression", () => {
  expect(changes({})).toEqual([]);
  expect(changesText([], "old.json", 50)).toBe("Baseline  nothing changed since old.json");
});

test.each<[Baseline["verdict"], Baseline["verdict"], boolean]>([
  ["held", "violated", true],
  ["held", "inconclusive", true],
  ["inconclusive", "violated", true],
  ["violated", "inconclusive", false],
  ["violated", "held", false],
])("a verdict of %s and then %s is a regression: %s", (was, is, regression) => {
  expect(changesSince({ ...before, verdict: was }, { ...before, verdict: is }, 50)).toEqual([
    { text: `verdict: ${was} before, ${is} now`, regression },
  ]);
});

test("more unanswered requests are a regression, and fewer are not", () => {
  const [times] = before.latency as [NonNullable<Baseline["latency"]>[number]];
  expect(regressions({ latency: [{ ...times, unanswered: 3 }] })).toEqual([
    "latency of lunches, unanswered: 0 before, 3 now",
  ]);
  const some = { ...before, latency: [{ ...times, unanswered: 3 }] };
  expect(changesSince(some, before, 50)).toEqual([
    { text: "latency of lunches, unanswered: 3 before, 0 now", regression: false },
  ]);
});

test("a baseline with the older word `unknown` is read as inconclusive", () => {
  const { verdict } = baselineSchema.parse({ ...before, verdict: "unknown" });
  expect(verdict).toBe("inconclusive");
});

test("a check is compared with its expected verdict", () => {
  const [first, second] = before.checks;
  if (!first || !second) return expect.fail();
  expect(regressions({ checks: [{ ...first, verdict: "inconclusive" }, second] })).toEqual([
    "check no-lost-replies: held before, inconclusive now",
  ]);
  expect(regressions({ checks: [first, { ...second, verdict: "held" }] })).toEqual([
    "check no-duplicate-executions: violated (expected: violated) before, held (expected: violated) now",
  ]);
  expect(changes({ checks: [second] })).toEqual([
    { text: "check no-lost-replies: no longer judged", regression: false },
  ]);
});

test.each([
  [50, 3, []],
  [50, 3.1, ["latency of lunches, p50: 2 ms before, 3.1 ms now (+55 %)"]],
  [100, 3.1, []],
  [0, 2.1, ["latency of lunches, p50: 2 ms before, 2.1 ms now (+5 %)"]],
])("a tolerance of %i %% applies to a p50 of %d", (tolerance, p50, told) => {
  expect(regressions({ latency: [{ as: "lunches", p50, p90: 4, p99: 10 }] }, tolerance)).toEqual(told);
});

test.each(["p90", "p99"] as const)("%s counts for a regression", (name) => {
  expect(regressions({ latency: [{ as: "lunches", p50: 2, p90: 4, p99: 10, [name]: 100 }] })).toHaveLength(1);
});

test("changed counts, expectations and a missing load are listed and are no regression", () => {
  const all = changes({
    counts: { ...before.counts, executed: 2 },
    expectations: [{ path: "lunch", expected: "ok 🥪", verdict: "violated" }],
    latency: [],
  });
  expect(changesText(all, "old.json", 50)).toBe(`Baseline  old.json: no regression (up to 50 % slower is none)
          · expected lunch: ok 🥪: held before, violated now
          · executed: 1 before, 2 now
          · latency of lunches: no longer timed`);
});
