// The small parts: durations, near words, the catalogue.
import { describe, expect, test } from "vitest";
import { builtInFolder, nearest, resolveScenario, UnknownScenarioError } from "../internal/scenario.js";
import { parseDuration } from "../internal/time.js";

test.each([
  ["500ms", 500],
  ["1s", 1000],
  ["1.5s", 1500],
  ["2m", 120_000],
  ["0.5m", 30_000],
  ["0s", 0],
])("%j is %j ms", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(["", "5", "5 s", "5S", "-5s", "+5s", ".5s", "5.s", "1e3s", "5h", "5s ", "1,5s", "٥s"])(
  "the text %j is refused as a duration",
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);

describe("a suggestion", () => {
  const events = ["stored", "delivered", "timed-out", "replied", "reply-refused"];
  test.each([
    ["store", "stored"],
    ["deliverd", "delivered"],
    ["timedOut", "timed-out"],
    ["TIMED_OUT", "timed-out"],
    ["sotred", "stored"],
    ["refused", "reply-refused"],
    ["executed", undefined],
    ["", undefined],
    ["x".repeat(100_000), undefined],
  ])("%.20s: %s", (word, meant) => {
    expect(nearest(word, events)[0]).toBe(meant);
  });
  test("is not made for short names that only look alike", () => {
    expect(nearest("joe", ["bob", "sue"])).toEqual([]);
    expect(nearest("bbo", ["bob", "sue"])).toEqual(["bob"]);
  });
});

describe("the catalogue of scenarios", () => {
  test("finds a built-in by its name", async () => {
    expect(await resolveScenario("order-menu")).toBe(`${builtInFolder}order-menu.yaml`);
  });
  test.each(["./x", "x.yaml", "x.yml", "a/b"])("treats %s as a path", async (path) => {
    expect(await resolveScenario(path)).toBe(path);
  });
  test("lists the nearest names first", async () => {
    const error = await resolveScenario("ofline-responder").catch((e: unknown) => e);
    expect(error).toBeInstanceOf(UnknownScenarioError);
    expect((error as UnknownScenarioError).names[0]).toBe("offline-responder");
    expect((error as UnknownScenarioError).names).toContain("order-menu");
    expect((error as UnknownScenarioError).message).toMatch(
      /\(jsrr list shows all\)\n {2}did you mean "offline-responder"\?$/,
    );
    expect((error as Error).message).toContain('did you mean "offline-responder"?');
  });
});
