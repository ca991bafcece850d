// 100,000 scenario files that nobody meant to write: `npm run fuzz`, and `npm run fuzz -- --seed N` plays one again.
import fc from "fast-check";
import { test } from "vitest";
import { anything, edited, requireSense, restructured, shuffled } from "../scenario/mutants.js";

const runs = Number(process.env.FUZZ_RUNS);
const seed = Number(process.env.FUZZ_SEED);
const parts = [
  ["edited", edited, 0.4],
  ["restructured", restructured, 0.4],
  ["shuffled", shuffled, 0.1],
  ["anything", anything, 0.1],
] as const;

test.each(parts)(
  "the loader returns a scenario or diagnostics for %s files",
  { timeout: 3_600_000 },
  (_, texts, share) => {
    fc.assert(fc.property(texts, requireSense), { numRuns: Math.ceil(runs * share), seed });
  },
);
