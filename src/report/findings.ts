// What a run found out, as one list: for the reports whose readers know test cases, not expectations and checks.
import { standing } from "../history/judge.js";
import type { CheckResult, Expectation, Run, RunResult } from "../history/result.js";
import type { Verdict } from "../history/verdict.js";
import { listed, plain, prose } from "./text-layout.js";

export interface Finding {
  /** `run`: that it came to its end; found only where it did not. */
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
export function findings({ result, failure }: Omit<Run, "events">): Finding[] {
  const found = [
    ...(failure === undefined ? [] : [ofFailure(failure, result)]),
    ...result.expectations.map((expectation) => ofExpectation(expectation, result)),
    ...result.checks.map((check) => ofCheck(check, result)),
  ];
  const seen = new Map<string, number>();
  return found.map((finding) => {
    const times = (seen.get(finding.title) ?? 0) + 1;
    seen.set(finding.title, times);
    return times === 1 ? finding : { ...finding, title: `${finding.title} (${times})` };
  });
}

/** Nothing was found out: no verdict, and never a pass. */
function ofFailure(failure: string, { file }: RunResult): Finding {
  return {
    kind: "run",
    title: "the run comes to its end",
    verdict: "unknown",
    expected: "a run that comes to its end",
    actual: "a run that failed",
    detail: prose(failure),
    place: prose(file),
    knownLoss: false,
  };
}

function ofExpectation(expectation: Expectation, { file }: RunResult): Finding {
  const { path, expected, actual, verdict, lastTrueMs, line } = expectation;
  const before = lastTrueMs === undefined ? "" : `, last so at ${lastTrueMs} ms`;
  const found = actual === undefined ? "could not be read" : `is ${plain(actual)}`;
  return {
    kind: "expectation",
    title: `${plain(path)} is ${plain(expected)} (line ${line})`,
    verdict,
    expected: plain(expected),
    ...(actual === undefined ? {} : { actual: plain(actual) }),
    detail: `${plain(path)} ${found}, expected ${plain(expected)}${before}`,
    place: `${prose(file)}:${line}`,
    knownLoss: false,
  };
}

function ofCheck(check: CheckResult, { file, requests }: RunResult): Finding {
  const names = new Map(requests.map((request) => [request.request, request.as]));
  const about = listed(check.requests.map((id) => plain(names.get(id) ?? id)));
  return {
    kind: "check",
    title: plain(check.name),
    verdict: standing(check),
    expected: check.expected,
    actual: check.verdict,
    detail: `${prose(check.detail)}${about === "" ? "" : ` (${about})`}`,
    place: prose(file),
    knownLoss: check.expected !== "held" && check.verdict === check.expected,
  };
}
