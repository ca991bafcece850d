// Steps `expect` and `eventually`: what must hold now, or within a time.
import { z } from "zod";
import type { Path } from "../diagnostic.js";
import {
  checkExpectation,
  comparedTime,
  conditionOf,
  countText,
  parseMetric,
  pathPattern,
  unitOf,
  wantedText,
} from "../expectation.js";
import { count } from "../fields.js";
import type { Expected } from "../model.js";
import type { TimelineState } from "../timeline-state.js";
import { type BuildContext, defineStep } from "./step.js";

// Checked in expectation.ts, where the names of the file are known; the pattern is for editors.
const path = z.string().meta({ pattern: pathPattern });
const wholeNumber = count(0, countText);
const wanted = z.union(
  [
    z.string(),
    wholeNumber,
    z.array(z.string('an outcome like "ok 🥪"'), "a list").min(1, "a list of outcomes like [ok, cancelled]"),
    z
      .record(z.string(), z.union([z.string(), wholeNumber], countText), "a mapping like { ok: 3 }")
      .refine((all) => Object.keys(all).length > 0, "a mapping like { ok: 3 }"),
  ],
  'an outcome like "ok 🥪" or a count like 1',
);
export const expectations = z
  .record(path, wanted, "a mapping like { lunch: timed-out, stream.REQUESTS.messages: 1 }")
  .refine((all) => Object.keys(all).length > 0, "a mapping with something to look at");

export type ExpectationsFile = z.output<typeof expectations>;

export function validateExpectations(all: ExpectationsFile, path: Path, state: TimelineState): void {
  for (const [key, value] of Object.entries(all)) checkExpectation([...path, key], value, state);
}

export function buildExpectations(all: ExpectationsFile, lineOf: BuildContext["lineOf"]): Expected[] {
  return Object.entries(all).map(([path, wanted]) => {
    const metric = parseMetric(path);
    if (metric === undefined) throw new Error(`a path passed validation: ${path}`);
    const condition = conditionOf(wanted, unitOf(metric));
    const comparedWith = unitOf(metric) === "time" ? comparedTime(wanted) : undefined;
    return { path, metric, condition, comparedWith, expected: wantedText(wanted), line: lineOf([path]) };
  });
}

export const expect = defineStep({
  schema: expectations.describe("Expectations at this moment."),
  validate: validateExpectations,
  build: (all, context) => ({ kind: "expect", expectations: buildExpectations(all, context.lineOf) }),
});

export const eventually = defineStep({
  schema: expectations.describe("Expectations that must become true within `within`."),
  waits: true,
  validate: validateExpectations,
  build: (all, context) => ({ kind: "eventually", expectations: buildExpectations(all, context.lineOf) }),
});
