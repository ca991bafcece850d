// Verdicts merge by one order; an expected violation is a lesson that must show.
import { expect, test } from "vitest";
import {
  type CheckName,
  type CheckResult,
  type Expectation,
  exitCode,
  judge,
  runCheck,
  standing,
  unfinishedLoads,
  type Verdict,
  verdictOf,
} from "../internal/history.js";
import {
  executed,
  history,
  kept,
  received,
  replied,
  repliesRead,
  requested,
  requestsRead,
  sent,
  stored,
  type Told,
} from "../support/history.js";

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

test.each<[CheckName, ...Told[]]>([
  ["no-lost-requests", stored("r1"), replied("r1"), requestsRead([])],
  ["no-lost-requests", stored("r1"), requestsRead([])], // r1 may be in the part that was not read
  ["no-lost-replies", replied("r1"), received("r1")],
  ["no-lost-replies", replied("r1")],
  ["no-phantom-replies", requested("r1"), stored("r1"), replied("r1"), received("r1")],
  ["no-duplicate-replies", replied("r1"), received("r1")],
  ["no-stuck-messages", requestsRead([])],
])("%s is inconclusive if a stream counts more messages than could be read", (name, ...bodies) => {
  const short = { missing: 31_801 };
  const readings: Told[] = [
    { ...requestsRead([]), ...short },
    { ...repliesRead(), ...short },
  ];
  const [whole] = judge(history(...bodies, requestsRead([]), repliesRead()), [name]);
  expect(whole?.verdict).not.toBe("inconclusive");
  const [cut] = judge(history(...bodies, ...readings), [name]);
  expect(cut).toMatchObject({
    verdict: "inconclusive",
    detail: expect.stringMatching(/^31801 messages of RE\w+ could not/),
  });
});

test("a violation that was read stays one, although not all could be read", () => {
  const reading = { ...repliesRead(kept("r1", "🥪", 1), kept("r1", "🥯", 2)), missing: 5 };
  expect(judge(history(replied("r1"), reading), ["no-duplicate-replies"])).toMatchObject([{ verdict: "violated" }]);
});

test("a load that ended before all was sent makes the run inconclusive, with its numbers", () => {
  const began: Told = { type: "load-started", as: "jobs", count: 3 };
  const sent = history(began, requested("r1", "jobs"), requested("r2", "jobs"), requested("r2", "jobs"));
  expect(unfinishedLoads(sent)).toEqual([{ as: "jobs", wanted: 3, sent: 2 }]);
  expect(verdictOf({ expectations: [expectation("held")], checks: [], unfinished: unfinishedLoads(sent) })).toEqual({
    verdict: "inconclusive",
    reason: "The load jobs ended before all was sent: 2 of 3 requests.",
  });
  const waiting: Told = { ...requested("r3", "jobs"), type: "turn-awaited", waiting: 1 };
  expect(unfinishedLoads([...sent, ...history(waiting)])).toEqual([]);
  // A second load of the same name, as a repeated step sends it.
  expect(unfinishedLoads([...sent, ...history(waiting, began)])).toEqual([{ as: "jobs", wanted: 6, sent: 3 }]);
});
