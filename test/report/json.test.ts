// The result for programs: all of it, always in the same order.
import { expect, test } from "vitest";
import { reporters } from "../internal/report.js";
import { heldRun, inconclusiveRun, violatedRun } from "./runs.js";

test.each(Object.entries({ heldRun, inconclusiveRun, violatedRun }))("the JSON of %s is complete", (_name, run) => {
  const text = reporters.json(run);
  expect(JSON.parse(text)).toEqual(run.result);
  expect(text.endsWith("}\n")).toBe(true);
});

test("keys have one order, however the result was built", () => {
  const backwards = Object.fromEntries(Object.entries(violatedRun.result).reverse());
  const shuffled = { ...violatedRun, result: backwards as unknown as typeof violatedRun.result };
  expect(reporters.json(shuffled)).toBe(reporters.json(violatedRun));
  expect(Object.keys(JSON.parse(reporters.json(violatedRun))).slice(0, 5)).toEqual([
    "scenario",
    "question",
    "answer",
    "verdict",
    "reason",
  ]);
});
