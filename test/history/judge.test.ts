// Verdicts merge by one order; an expected violation is a lesson that must show.
import { expect, test } from "vitest";
import {
  type CheckResult,
  type Expectation,
  exitCode,
  judge,
  runCheck,
  standing,
  type Verdict,
  verdictOf,
} from "../internal/history.js";
import { executed, history, sent } from "../support/history.js";

const expectation = (verdict: Verdict, actual?: string): Expectation => ({
  path: "lunch",
  expected: "ok 🥪",
  verdict,
  line: 9,
  ...(actual === undefined ? {} : { actual }),
});
const check = (verdict: Verdict, expected: Verdict = "held"): CheckResult => ({
  name: "no-lost-replies",
  verdict,
  expected,
  detail: "1 of 1 reply can no longer be had",
  requests: [],
});

test("a check is selected by name and compared with its expected verdict", () => {
  const events = history(executed("r1"), sent("r1"));
  const results = judge(events, ["no-duplicate-executions", "no-lost-replies"], { "no-lost-replies": "violated" });
  expect(results).toMatchObject([
    { name: "no-duplicate-executions", verdict: "held", expected: "held" },
    { name: "no-lost-replies", verdict: "violated", expected: "violated", requests: ["r1"] },
  ]);
});

test("a check that crashes is inconclusive, and says why", () => {
  const crash = () => {
    throw new TypeError("no such field");
  };
  expect(runCheck(crash, [])).toEqual({
    verdict: "inconclusive",
    detail: "the check itself failed: TypeError: no such field",
    requests: [],
  });
});

test.each<[Verdict, Verdict, Verdict]>([
  ["held", "held", "held"],
  ["violated", "held", "violated"],
  ["inconclusive", "held", "inconclusive"],
  ["violated", "violated", "held"],
  ["held", "violated", "violated"],
  ["inconclusive", "violated", "inconclusive"],
  ["inconclusive", "inconclusive", "held"],
])("a check with %s where %s is expected stands as %s", (verdict, expected, stands) => {
  expect(standing({ verdict, expected })).toBe(stands);
});

test.each<[Verdict, string | undefined, Expectation[], CheckResult[]]>([
  ["held", undefined, [expectation("held", "ok 🥪")], [check("violated", "violated")]],
  [
    "violated",
    "Expected lunch to be ok 🥪, but it was timed-out (line 9).",
    [expectation("inconclusive"), expectation("violated", "timed-out")],
    [check("inconclusive")],
  ],
  ["inconclusive", "It is unknown whether lunch was ok 🥪 (line 9).", [expectation("inconclusive")], [check("held")]],
  ["violated", "The check no-lost-replies is violated: 1 of 1 reply can no longer be had.", [], [check("violated")]],
  [
    "violated",
    "The check no-lost-replies held, but the scenario expects it to be violated: the lesson did not show.",
    [],
    [check("held", "violated")],
  ],
  ["inconclusive", "The scenario expects and checks nothing.", [], []],
])("the run is %s: %s", (verdict, reason, expectations, checks) => {
  expect(verdictOf({ expectations, checks })).toEqual(reason === undefined ? { verdict } : { verdict, reason });
});

test("each verdict has its exit code", () => {
  expect((["held", "violated", "inconclusive"] as const).map(exitCode)).toEqual([0, 1, 2]);
});
