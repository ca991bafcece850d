// Judges a finished history: runs the checks, holds them against what the scenario expects, and sums up.
import {
  type CheckName,
  type ChosenCheck,
  checks,
  type Finding,
  type Judge,
  nameOf,
} from "./checks/index.js";
import type { HistoryEvent } from "./event.js";
import type { CheckResult, Expectation, RunResult } from "./result.js";
import { trailsOf } from "./trails.js";
import { type Verdict, worst } from "./verdict.js";

/**
 * Runs the checks, each with the parameters it is asked for with.
 * @param expected is the verdict a scenario expects where it is not `held`: a known loss that is the lesson.
 */
export function judge(
  history: readonly HistoryEvent[],
  chosen: readonly ChosenCheck[],
  expected: Partial<Record<CheckName, Verdict>> = {},
): CheckResult[] {
  return chosen.map((one) => {
    const name = nameOf(one);
    const parameters = typeof one === "string" ? {} : { atMost: one.atMost };
    const finding = runCheck((events) => checks[name].judge(events, parameters), history);
    return {
      name,
      expected: expected[name] ?? "held",
      ...parameters,
      ...finding,
      ...trailsOf(history, finding.requests),
    };
  });
}

/** A check that crashes has found out nothing: its verdict is unknown, never a pass. */
export function runCheck(check: Judge, history: readonly HistoryEvent[]): Finding {
  try {
    return check(history);
  } catch (error) {
    return { verdict: "unknown", detail: `the check itself failed: ${String(error)}`, requests: [] };
  }
}

/** A check's verdict in the light of what was expected: an expected violation holds, its absence violates. */
export function standing({ verdict, expected }: Pick<CheckResult, "verdict" | "expected">): Verdict {
  if (verdict === expected) return "held";
  return verdict === "unknown" ? "unknown" : "violated";
}

/** The verdict on a run (`toothless`: the faults without effect), and the reason where it is not `held`: the first of the worst things found. */
export function verdictOf(parts: Pick<RunResult, "expectations" | "checks"> & { toothless?: string[] }): {
  verdict: Verdict;
  reason?: string;
} {
  const findings = [
    ...parts.expectations.map((expectation) => ({
      verdict: expectation.verdict,
      reason: () => unmet(expectation),
    })),
    ...parts.checks.map((check) => ({ verdict: standing(check), reason: () => unexpected(check) })),
    ...(parts.toothless ?? []).map((fault) => ({
      verdict: "unknown" as const,
      reason: () => `The fault ${fault} had no observable effect: the run proves nothing about it.`,
    })),
  ];
  const verdict = worst(findings.map((finding) => finding.verdict));
  if (verdict === "held") return { verdict };
  const first = findings.find((finding) => finding.verdict === verdict);
  return { verdict, reason: first?.reason() ?? "The scenario expects and checks nothing." };
}

function unmet({ path, expected, actual, verdict, line, lastTrueMs }: Expectation): string {
  const where = `(line ${line})`;
  if (actual === undefined) return `Nobody could tell whether ${path} was ${expected} ${where}.`;
  if (verdict === "unknown") return `Whether ${path} is ${expected} stayed open; it was ${actual} ${where}.`;
  const before = lastTrueMs === undefined ? "" : `; it was so ${lastTrueMs} ms into the run`;
  return `Expected ${path} to be ${expected}, but it was ${actual}${before} ${where}.`;
}

function unexpected({ name, verdict, expected, detail }: CheckResult): string {
  if (verdict !== "held") return `The check ${name} is ${verdict}: ${detail}.`;
  return `The check ${name} held, but the scenario expects it to be ${expected}: the lesson did not show.`;
}
