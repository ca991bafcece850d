// The options of `jsrr scenario` and `jsrr scenarios` that say what is played and how often: `.option(...seed)`.
import { each, wholeNumber } from "./arguments.js";

/** @param what is changed, e.g. "the file". */
export const set = (what: string) =>
  [
    "--set <path=value>",
    `change ${what} before it is read, e.g. setup.ack_wait=2s; repeatable`,
    each,
  ] as const;

/** @param what is run, and how often without the option. */
export const repeat = (what: string) =>
  ["--repeat <n>", `how often to run ${what}`, wholeNumber("--repeat", 1, 10_000)] as const;

export const parallel = (description: string) =>
  ["--parallel <n>", description, wholeNumber("--parallel", 1, 64)] as const;

export const seed = [
  "--seed <n>",
  "play everything random as in the run with this seed",
  wholeNumber("--seed", 0, 2 ** 32 - 1),
] as const;
