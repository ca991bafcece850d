// The result as JUnit XML, in the shape that Jenkins, GitLab, GitHub actions and Azure read: a suite of test cases.
import { create } from "xmlbuilder2";
import type { Run } from "../history/result.js";
import { type Finding, findings } from "./findings.js";
import { plain, prose } from "./text.js";

/**
 * Each expectation and each check is a test case. `violated` is a `failure`. `unknown` is an `error`, never `skipped`:
 * JUnit's error is a test that could not find out, and turns a build red as exit code 2 does; what was skipped passes.
 * Times are the whole run's, because its parts are not timed.
 */
export function junit(run: Run): string {
  const { result } = run;
  const cases = findings(run);
  const numbers = {
    tests: cases.length,
    failures: cases.filter(({ verdict }) => verdict === "violated").length,
    errors: cases.filter(({ verdict }) => verdict === "unknown").length,
  };
  const time = (result.durationMs / 1000).toFixed(3);
  const name = plain(result.scenario);
  const root = create({ version: "1.0", encoding: "UTF-8" }).ele("testsuites", { name, ...numbers, time });
  const suite = root.ele("testsuite", { name, ...numbers, skipped: 0, time });
  const properties = suite.ele("properties");
  for (const [key, value] of Object.entries(facts(run))) properties.ele("property", { name: key, value });
  for (const finding of cases) {
    const classname = `${name}.${finding.kind}s`;
    const testcase = suite.ele("testcase", { name: finding.title, classname, time: "0.000" });
    if (finding.verdict !== "held") addProblem(testcase, finding);
  }
  return `${root.end({ prettyPrint: true })}\n`;
}

type Node = ReturnType<typeof create>;

function addProblem(testcase: Node, { verdict, detail, expected, actual, place }: Finding): void {
  const lines = [
    detail,
    `expected: ${expected}`,
    `actual:   ${actual ?? "could not be read"}`,
    `at:       ${place}`,
  ];
  testcase
    .ele(verdict === "violated" ? "failure" : "error", { message: detail, type: verdict })
    .txt(lines.join("\n"));
}

function facts({ result }: Run): Record<string, string> {
  const { question, verdict, reason, server, history } = result;
  return {
    question: prose(question),
    verdict,
    ...(reason === undefined ? {} : { reason: prose(reason) }),
    server: `nats-server ${plain(server.version)}, from ${plain(server.origin)}`,
    history: plain(history, Number.POSITIVE_INFINITY),
  };
}
