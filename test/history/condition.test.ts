// What an expectation wants, and whether that is so.
import { describe, expect, test } from "vitest";
import { meets, seenText } from "../internal/history.js";
import { conditionOf, type Wanted, wantedText } from "../internal/scenario.js";

const number = (wanted: string | number, seen: number, unit: "count" | "time" = "count") =>
  meets(conditionOf(wanted, unit), seen);
const outcome = (wanted: Wanted, ...seen: string[]) => meets(conditionOf(wanted, "outcome"), seen);

describe("a condition on numbers", () => {
  test.each([
    [3, 3, true],
    [3, 4, false],
    [">= 3", 3, true],
    [">= 3", 2, false],
    ["> 3", 3, false],
    [">3", 4, true],
    ["<= 3", 3, true],
    ["<= 3", 4, false],
    ["< 3", 3, false],
    ["< 3", 2, true],
    ["!= 0", 1, true],
    ["!= 0", 0, false],
    ["2..5", 2, true],
    ["2..5", 5, true],
    ["2..5", 6, false],
    ["2..5", 1, false],
  ])("%j of %j: %j", (wanted, seen, met) => expect(number(wanted, seen)).toBe(met));

  test.each([
    ["< 2s", 1999, true],
    ["< 2s", 2000, false],
    ["500ms..1.5s", 1500, true],
    ["500ms..1.5s", 499, false],
  ])("compares times: %j of %j ms is %j", (wanted, seen, met) => expect(number(wanted, seen, "time")).toBe(met));
});

describe("a condition on outcomes", () => {
  test.each<[Wanted, string[], boolean]>([
    ["ok 🥪", ["ok 🥪"], true],
    ["ok 🥪", ["ok 🥯"], false],
    ["ok", ["ok 🥯"], true],
    ["ok", ["okay"], false],
    ["timed-out", ["timed-out later"], false],
    ["ok", ["ok 🥪", "ok 🥯"], true],
    ["ok", ["ok 🥪", "timed-out"], false],
    ["pending", [], true],
    ["ok", [], false],
    [["ok", "cancelled"], ["cancelled"], true],
    [["ok", "cancelled"], ["timed-out"], false],
    [{ ok: 2 }, ["ok 🥪", "ok 🥯", "timed-out"], true],
    [{ ok: 2 }, ["ok 🥪"], false],
    [{ ok: ">= 2", "timed-out": 0 }, ["ok 🥪", "ok", "ok"], true],
    [{ ok: ">= 2", "timed-out": 0 }, ["ok", "ok", "timed-out"], false],
    [{ ok: 0 }, [], true],
  ])("%j of %j: %j", (wanted, seen, met) => expect(outcome(wanted, ...seen)).toBe(met));

  test("does not compare an outcome with a number", () => {
    expect(meets(conditionOf("ok", "outcome"), 3)).toBe(false);
    expect(meets(conditionOf({ ok: 3 }, "outcome"), 3)).toBe(false);
    expect(meets(conditionOf(3, "count"), ["ok"])).toBe(false);
  });
});

test.each([
  [[], "pending"],
  [["ok 🥪"], "ok 🥪"],
  [["ok 🥪", "timed-out", "ok 🥪"], "2 × ok 🥪, 1 × timed-out"],
  [["ok a", "ok b", "ok c", "ok d", "ok e", "timed-out"], "5 × ok, 1 × timed-out"],
])("%j is shown as %j", (seen, shown) => expect(seenText(seen)).toBe(shown));

test("an expected value has a text for sentences", () => {
  expect(wantedText(["ok", "cancelled"])).toBe("ok or cancelled");
  expect(wantedText({ ok: 3, "timed-out": "< 2" })).toBe("ok: 3, timed-out: < 2");
  expect(wantedText(">= 3")).toBe(">= 3");
});
