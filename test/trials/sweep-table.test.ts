// Many runs of one scenario side by side: a row for each combination of settings.
import { expect, test } from "vitest";
import type { RunResult } from "../internal/history.js";
import { sweepCells, sweepTable, type TrialOutcome } from "../internal/trials.js";

const run = (value: number, state: TrialOutcome["state"], executed: number, p50?: number): TrialOutcome => ({
  label: `x responders.bob.prefetch=${value}`,
  scenario: "x",
  settings: [
    { path: "responders.bob.prefetch", value },
    { path: "setup.ack_wait", value: "1s" },
  ],
  state,
  durationMs: 1000,
  result: {
    counts: { requested: 50, stored: 50, executed, replied: 50, collected: 50 },
    ...(p50 !== undefined && { latency: [{ as: "jobs", count: 50, p50, p90: 2 * p50, p99: 3 * p50 }] }),
  } as unknown as RunResult,
});

test("a sweep of several runs has ranges of counts and medians of percentiles in 80 columns", () => {
  const text = sweepTable(
    [run(1, "held", 50, 2), run(1, "held", 50, 3), run(100, "violated", 75, 100), run(100, "held", 50, 20)],
    80,
  );
  expect(text).toBe(`prefetch  ack_wait  verdict     held    counts              p50 ms  p99 ms
1         1s        ✔ held     2 of 2  50/50/50/50/50      3       9
100       1s        ✘ violated  1 of 2  50/50/50..75/50/50  100     300

counts: requested/stored/executed/replied/arrived

4 runs: 3 held, 1 violated
`);
});

test("a sweep has cells for a page, and runs of several scenarios are no sweep", () => {
  const runs = [run(1, "held", 50, 2), run(1, "violated", 50, 4)];
  expect(sweepCells(runs)).toEqual([
    [..."prefetch ack_wait verdict held requested stored executed replied arrived".split(" "), "p50 ms", "p99 ms"],
    ["1", "1s", "✘ violated", "1 of 2", "50", "50", "50", "50", "50", "4", "12"],
  ]);
  expect(sweepCells([...runs, { ...run(2, "held", 50), scenario: "y" }])).toBeUndefined();
});

test("a wide terminal has a column for each count", () => {
  expect(sweepTable([run(1, "held", 50), run(2, "held", 51)], 200)).toBe(
    `prefetch  ack_wait  verdict  requested  stored  executed  replied  arrived
1         1s        ✔ held  50         50      50        50       50
2         1s        ✔ held  50         50      51        50       50

2 runs: 2 held
`,
  );
});
