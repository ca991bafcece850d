// The schema of one step of a timeline: one verb, and perhaps when.
import { z } from "zod";
import { plainVerbs } from "./verbs/index.js";
import { repeat, together } from "./verbs/nested.js";
import type { Verb } from "./verbs/verb.js";
import { duration, text } from "./words.js";

type Verbs = Record<string, Verb>;
type Optional<V extends Verbs> = { [K in keyof V]: z.ZodOptional<V[K]["schema"]> };

const timing = {
  at: duration
    .optional()
    .describe("Acts at this time of the run, counted from its first step; at once where it has passed."),
  after: text
    .optional()
    .describe("Waits for an event first: `lunch.stored`, `lunch.delivered#2` (the second), `bob.drained`."),
  within: duration.optional().describe("The longest wait for `after` or `eventually`. Default: 10s."),
};

function stepOf<V extends Verbs>(verbs: V) {
  const entries = Object.entries(verbs).map(([name, { schema }]) => [name, schema.optional()]);
  const shape = Object.fromEntries(entries) as Optional<V>;
  return z
    .strictObject({ ...shape, ...timing }, "a step like `start: bob`")
    .meta({ oneOf: Object.keys(verbs).map((verb) => ({ required: [verb] })) });
}

const leaf = stepOf(plainVerbs);
const withTogether = { ...plainVerbs, together: together(leaf) };

/** What a step can do. Exactly one of these keys makes a step. */
export const verbs = { ...withTogether, repeat: repeat(stepOf(withTogether)) };
export type VerbName = keyof typeof verbs;
export const verbNames = Object.keys(verbs) as VerbName[];

export const step = stepOf(verbs);
export type StepFile = z.output<typeof step>;

/** The verb of a step, its kind of value forgotten. */
export const verbOf = (name: VerbName) => verbs[name] as unknown as Verb;
