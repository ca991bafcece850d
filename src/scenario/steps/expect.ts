// `expect` and `eventually`: what must be so now, or become so in time.

import { z } from "zod";
import type { Path } from "../diagnostic.js";
import {
  checkExpectation,
  conditionOf,
  countWords,
  parseLook,
  pathPattern,
  unitOf,
  wantedText,
} from "../expectation.js";
import { count } from "../fields.js";
import type { Expected } from "../model.js";
import type { World } from "../timeline-state.js";
import { type BuildContext, defineVerb } from "./step.js";

// Checked in expectation.ts, where the names of the file are known; the pattern is for editors.
const path = z.string().meta({ pattern: pathPattern });
const wholeNumber = count(0, countWords);
const wanted = z.union(
  [
    z.string(),
    wholeNumber,
    z.array(z.string('an outcome like "ok 🥪"'), "a list").min(1, "a list of outcomes like [ok, cancelled]"),
    z
      .record(z.string(), z.union([z.string(), wholeNumber], countWords), "a mapping like { ok: 3 }")
      .refine((all) => Object.keys(all).length > 0, "a mapping like { ok: 3 }"),
  ],
  'an outcome like "ok 🥪" or a count like 1',
);
export const expectations = z
  .record(path, wanted, "a mapping like { lunch: timed-out, stream.REQUESTS.messages: 1 }")
  .refine((all) => Object.keys(all).length > 0, "a mapping with something to look at");

export type ExpectationsFile = z.output<typeof expectations>;

export function walkExpectations(all: ExpectationsFile, path: Path, world: World): void {
  for (const [key, value] of Object.entries(all)) checkExpectation([...path, key], value, world);
}

export function buildExpectations(
  all: ExpectationsFile,
  { lineOf }: Pick<BuildContext, "lineOf">,
): Expected[] {
  return Object.entries(all).map(([path, wanted]) => {
    const look = parseLook(path);
    if (look === undefined) throw new Error(`a path passed validation: ${path}`);
    const condition = conditionOf(wanted, unitOf(look));
    return { path, look, condition, expected: wantedText(wanted), line: lineOf([path]) };
  });
}

export const expect = defineVerb({
  schema: expectations.describe("What must be so at this moment."),
  walk: walkExpectations,
  build: (all, context) => ({ kind: "expect", expectations: buildExpectations(all, context) }),
});

export const eventually = defineVerb({
  schema: expectations.describe("What must become so, within `within`."),
  waits: true,
  walk: walkExpectations,
  build: (all, context) => ({ kind: "eventually", expectations: buildExpectations(all, context) }),
});
