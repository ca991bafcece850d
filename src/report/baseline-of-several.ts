// Several runs of one kind as one, so that they can be held against others. Pure.
import { type Verdict, worst } from "../history/verdict.js";
import type { Baseline } from "./baseline.js";

/** The worst of each verdict, and medians of the counts and percentiles; of at least one. */
export function asOne(runs: readonly Baseline[]): Baseline {
  const [first] = runs as readonly [Baseline, ...Baseline[]];
  const verdicts = (of: (run: Baseline) => Verdict | undefined) =>
    worst(runs.flatMap((run) => of(run) ?? []));
  const count = (name: keyof Baseline["counts"]) => median(runs.map(({ counts }) => counts[name]));
  const latency = first.latency?.map(({ as }) => percentiles(runs, as));
  return {
    scenario: first.scenario,
    verdict: verdicts(({ verdict }) => verdict),
    // In every run they are those of the file, in its order.
    expectations: first.expectations.map((one, at) => ({
      ...one,
      verdict: verdicts(({ expectations }) => expectations[at]?.verdict),
    })),
    checks: first.checks.map((one) => ({
      ...one,
      verdict: furthest(
        one.expected,
        runs.flatMap(({ checks }) => checks.find(({ name }) => name === one.name)?.verdict ?? []),
      ),
    })),
    counts: {
      requested: count("requested"),
      stored: count("stored"),
      executed: count("executed"),
      replied: count("replied"),
      collected: count("collected"),
    },
    ...(latency && { latency }),
  };
}

/** Of a known loss, a run that did not show it is the one to look at. */
const furthest = (expected: Verdict, found: readonly Verdict[]): Verdict =>
  found.find((verdict) => verdict !== expected && expected !== "held") ?? worst(found);

function percentiles(runs: readonly Baseline[], as: string) {
  const loads = runs.flatMap(({ latency = [] }) => latency.find((load) => load.as === as) ?? []);
  const of = (name: "p50" | "p90" | "p99") => median(loads.map((load) => load[name]));
  return { as, p50: of("p50"), p90: of("p90"), p99: of("p99") };
}

/** Of an even number the lower one: it is a number that was seen. */
const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor((numbers.length - 1) / 2)] ?? 0;
