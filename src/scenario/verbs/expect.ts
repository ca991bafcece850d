// `expect` and `eventually`: what must be so now, or become so in time.
import { z } from "zod";
import { checkExpectation } from "../expectation.js";
import type { Path } from "../finding.js";
import type { Expected } from "../model.js";
import { count, countPaths } from "../words.js";
import type { World } from "../world.js";
import { type BuildContext, defineVerb } from "./verb.js";

// Checked in expectation.ts, where the request's name is known; the pattern is for editors.
const counts = countPaths.map((path) => path.replaceAll(".", "\\."));
const path = z.string().meta({ pattern: `^([a-z][a-z0-9-]*|${counts.join("|")})$` });
const countWords = "a count: a whole number, 0 or more";
const value = z.union([z.string(), count(0, countWords)], 'an outcome like "ok 🥪" or a count like 1');
const expectations = z
  .record(path, value, "a mapping like { lunch: timed-out, stream.REQUESTS.messages: 1 }")
  .refine((all) => Object.keys(all).length > 0, "a mapping with something to look at");

type ExpectationsFile = z.output<typeof expectations>;

function walk(all: ExpectationsFile, path: Path, world: World): void {
  for (const [key, value] of Object.entries(all)) checkExpectation([...path, key], value, world);
}

const expected = (all: ExpectationsFile, { lineOf }: BuildContext): Expected[] =>
  Object.entries(all).map(([path, expected]) => ({ path, expected, line: lineOf([path]) }));

export const expect = defineVerb({
  schema: expectations.describe("What must be so at this moment."),
  walk,
  build: (all, context) => ({ kind: "expect", expectations: expected(all, context) }),
});

export const eventually = defineVerb({
  schema: expectations.describe("What must become so, within `within`."),
  waits: true,
  walk,
  build: (all, context) => ({ kind: "eventually", expectations: expected(all, context) }),
});
