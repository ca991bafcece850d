// Whatever somebody does to a scenario file: diagnostics with a place in the file, or a scenario; never a crash. `npm run
// fuzz` does it with 100,000 files.
import fc from "fast-check";
import { test } from "vitest";
import { anything, edited, requireSense, restructured, shuffled } from "./mutants.js";

test.each([
  ["edited", edited, 200],
  ["restructured", restructured, 150],
  ["shuffled", shuffled, 80],
  ["anything", anything, 80],
])("the loader returns a scenario or diagnostics for %s files", (_, texts, numRuns) => {
  fc.assert(fc.property(texts, requireSense), { numRuns });
});
