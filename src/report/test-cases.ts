// Test cases: the expectations and checks of a run as one list, for reports whose readers know test cases.
import { standing } from "../history/judge.js";
import type { CheckResult, Expectation, RequestOutcome, Run, RunResult } from "../history/result.js";
import type { Verdict } from "../history/verdict.js";
import { listed, plain, prose } from "./text-layout.js";

export interface TestCase {
  /** `run`: that it came to its end; there only where it did not. */
  kind: "expectation" | "check" | "run";
  /** One line: what should be. Unique within a run. */
  title: string;
  /** In the light of what the scenario expects: a known loss that showed itself held. */
  verdict: Verdict;
  expected: string;
  /** Absent when it could not be read. */
  actual?: string;
  /** One line: what was found. */
  detail: string;
  /** `file:line` of an expectation, `file` of a check. */
  place: string;
  /** A check that the scenario expects not to hold, and that did not. */
  knownLoss: boolean;
}

/** Where the run failed that it did, then expectations in the order of the timeline, then checks. */
export function testCases({ result, failure }: Omit<Run, "events">): TestCase[] {
  const all = [
    ...(failure === undefined ? [] : [ofFailure(failure, result)]),
    ...result.expectations.map((expectation) => ofExpectation(expectation, result)),
    ...result.checks.map((check) => ofCheck(check, result)),
  ];
  const seen = new Map<string, number>();
  return all.map((testCase) => {
    const times = (seen.get(testCase.title) ?? 0) + 1;
    seen.set(testCase.title, times);
    return times === 1 ? testCase : { ...testCase, title: `${testCase.title} (${times})` };
  });
}

/** There is no verdict: inconclusive, never a pass. */
function ofFailure(failure: string, { file }: RunResult): TestCase {
  return {
    kind: "run",
    title: "the run comes to its end",
    verdict: "inconclusive",
    expected: "a run that comes to its end",
    actual: "a run that failed",
    detail: prose(failure),
    place: prose(file),
    knownLoss: false,
  };
}

function ofExpectation(expectation: Expectation, { file }: RunResult): TestCase {
  const { path, expected, actual, verdict, line } = expectation;
  return {
    kind: "expectation",
    title: `${plain(path)} is ${plain(expected)} (line ${line})`,
    verdict,
    expected: plain(expected),
    actual: actual === undefined ? undefined : plain(actual),
    detail: expectationDetail(expectation),
    place: `${prose(file)}:${line}`,
    knownLoss: false,
  };
}

function ofCheck(check: CheckResult, { file, requests }: RunResult): TestCase {
  return {
    kind: "check",
    title: plain(check.name),
    verdict: standing(check),
    expected: check.expected,
    actual: check.verdict,
    detail: checkDetail(check, requests),
    place: prose(file),
    knownLoss: check.expected !== "held" && check.verdict === check.expected,
  };
}

/** `lunch is timed-out, expected ok 🥪` */
export function expectationDetail({ path, expected, actual, lastTrueMs }: Expectation): string {
  const before = lastTrueMs === undefined ? "" : `, last so at ${lastTrueMs} ms`;
  const found = actual === undefined ? "could not be read" : `is ${plain(actual)}`;
  return `${plain(path)} ${found}, expected ${plain(expected)}${before}`;
}

const mostNamed = 6;

/** With the names of the requests that the verdict rests on. */
export function checkDetail(check: CheckResult, requests: readonly RequestOutcome[]): string {
  // Of thousands of requests few are named.
  const wanted = new Set(check.requests.slice(0, mostNamed));
  const names = new Map(requests.flatMap(({ request, as }) => (wanted.has(request) ? [[request, as] as const] : [])));
  const named = check.requests.map((id, i) => (i < mostNamed ? plain(names.get(id) ?? id) : ""));
  const about = listed(named, mostNamed - 1);
  return `${prose(check.detail)}${about === "" ? "" : ` (${about})`}`;
}
