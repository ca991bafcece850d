// Baseline: compares a result with an earlier one, and says what changed and what is worse.
import { z } from "zod";
import { count as plural } from "../common/plural.js";
import { countWords } from "../history/counts.js";
import { standing } from "../history/judge.js";
import type { CheckResult, Counts, Expectation } from "../history/result.js";
import { asVerdict, savedVerdicts, type Verdict, worst } from "../history/verdict.js";
import { prose, rounded } from "./text-layout.js";

const verdict = z.enum(savedVerdicts).transform(asVerdict);
const count = z.number();

/** The part of a result that is compared. Other keys are left out: results gain keys without a new format. */
export const baselineSchema = z.object({
  scenario: z.string(),
  verdict,
  expectations: z.array(z.object({ path: z.string(), expected: z.union([z.string(), z.number()]), verdict })),
  checks: z.array(z.object({ name: z.string(), verdict, expected: verdict })),
  counts: z.object({ requested: count, stored: count, executed: count, replied: count, collected: count }),
  latency: z
    .array(z.object({ as: z.string(), unanswered: count.exactOptional(), p50: count, p90: count, p99: count }))
    .exactOptional(),
});
export type Baseline = z.infer<typeof baselineSchema>;

export interface Change {
  /** One line, without its end. */
  text: string;
  /** A worse verdict, a worse check, or a percentile further above the baseline's than is tolerated. */
  regression: boolean;
}

/** `tolerance`: percent by which a percentile may be above the baseline's. Pure; in the order of a report. */
export function changesSince(baseline: Baseline, result: Baseline, tolerance: number): Change[] {
  return [
    ...verdictChange("verdict", baseline.verdict, result.verdict),
    ...expectationChanges(baseline.expectations, result.expectations),
    ...checkChanges(baseline.checks, result.checks),
    ...countChanges(baseline.counts, result.counts),
    ...latencyChanges(baseline.latency ?? [], result.latency ?? [], tolerance),
  ];
}

const isWorse = (now: Verdict, before: Verdict) => now !== before && worst([now, before]) === now;

function verdictChange(what: string, before: Verdict, now: Verdict): Change[] {
  if (before === now) return [];
  return [{ text: `${what}: ${before} before, ${now} now`, regression: isWorse(now, before) }];
}

/** Two of one path differ by their order. A worse one makes a worse verdict, or the verdict was no better. */
function expectationChanges(before: Baseline["expectations"], now: Baseline["expectations"]): Change[] {
  const [old, current] = [numbered(before, nameOfExpectation), numbered(now, nameOfExpectation)];
  return compared(old, current, "expected", (was, is, name) =>
    verdictChange(name, was.verdict, is.verdict).map((change) => ({ ...change, regression: false })),
  );
}

const nameOfExpectation = ({ path, expected }: Pick<Expectation, "path" | "expected">) =>
  `expected ${path}: ${prose(String(expected))}`;

function checkChanges(before: Baseline["checks"], now: Baseline["checks"]): Change[] {
  const byName = (checks: Baseline["checks"]) => new Map(checks.map((check) => [`check ${check.name}`, check]));
  return compared(byName(before), byName(now), "judged", (was, is, name) => {
    if (was.expected === is.expected && was.verdict === is.verdict) return [];
    const regression = isWorse(standing(is), standing(was));
    return [{ text: `${name}: ${verdictText(was)} before, ${verdictText(is)} now`, regression }];
  });
}

const verdictText = ({ verdict, expected }: Pick<CheckResult, "verdict" | "expected">) =>
  expected === "held" ? verdict : `${verdict} (expected: ${expected})`;

function countChanges(before: Counts, now: Counts): Change[] {
  return (Object.keys(now) as (keyof Counts)[]).flatMap((name) =>
    before[name] === now[name]
      ? []
      : [{ text: `${countWords[name]}: ${before[name]} before, ${now[name]} now`, regression: false }],
  );
}

type Times = NonNullable<Baseline["latency"]>;

/** A percentile that changed is listed, also within the tolerance. */
function latencyChanges(before: Times, now: Times, tolerance: number): Change[] {
  const byName = (times: Times) => new Map(times.map((load) => [`latency of ${load.as}`, load]));
  return compared(byName(before), byName(now), "timed", (was, is, name) => [
    ...unansweredChange(name, was.unanswered, is.unanswered),
    ...(["p50", "p90", "p99"] as const).flatMap((percentile) => {
      const [old, current] = [was[percentile], is[percentile]];
      if (old === current) return [];
      const percent = old === 0 ? "" : ` (${signed(Math.round((current / old - 1) * 100))} %)`;
      const text = `${name}, ${percentile}: ${rounded(old)} ms before, ${rounded(current)} ms now${percent}`;
      return [{ text, regression: current > old * (1 + tolerance / 100) }];
    }),
  ]);
}

const unansweredChange = (name: string, before = 0, now = 0): Change[] =>
  before === now ? [] : [{ text: `${name}, unanswered: ${before} before, ${now} now`, regression: now > before }];

const signed = (n: number) => (n > 0 ? `+${n}` : `${n}`);

function numbered<T>(all: readonly T[], nameOf: (one: T) => string): Map<string, T> {
  const named = new Map<string, T>();
  for (const one of all) {
    const name = nameOf(one);
    const unused = (n: number): string => {
      const candidate = n === 1 ? name : `${name} (${n})`;
      return named.has(candidate) ? unused(n + 1) : candidate;
    };
    named.set(unused(1), one);
  }
  return named;
}

function compared<T>(
  before: ReadonlyMap<string, T>,
  now: ReadonlyMap<string, T>,
  done: string,
  change: (was: T, is: T, name: string) => Change[],
): Change[] {
  const gone = [...before.keys()].filter((name) => !now.has(name));
  return [
    ...[...now].flatMap(([name, is]) => {
      const was = before.get(name);
      return was === undefined ? [{ text: `${name}: not ${done} before`, regression: false }] : change(was, is, name);
    }),
    ...gone.map((name) => ({ text: `${name}: no longer ${done}`, regression: false })),
  ];
}

/** As a terminal shows it. */
export function changesText(changes: readonly Change[], baseline: string, tolerance: number): string {
  if (changes.length === 0) return `Baseline  nothing changed since ${baseline}`;
  const worse = changes.filter(({ regression }) => regression).length;
  const lines = changes.map(({ text, regression }) => `${regression ? "✘" : "·"} ${text}`);
  const summary = worse > 0 ? plural(worse, "regression") : `no regression (up to ${tolerance} % slower is none)`;
  return [`Baseline  ${baseline}: ${summary}`, ...lines.map((line) => `          ${line}`)].join("\n");
}
