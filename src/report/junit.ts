// JUnit report: one or more runs as XML, in the shape that Jenkins, GitLab, GitHub actions and Azure read.
import { create } from "xmlbuilder2";
import type { Run } from "../history/result.js";
import { type TestCase, testCases } from "./test-cases.js";
import { plain, prose } from "./text-layout.js";

/**
 * Each expectation and each check is a test case. `violated` is a `failure`. `inconclusive` is an `error`, never `skipped`:
 * JUnit's error is a test that could not find out, and turns a build red as exit code 2 does; what was skipped passes.
 * Times are the whole run's, because its parts are not timed.
 */
export const junit = (run: Run) => junitOfAll(run.result.scenario, [{ ...run, name: run.result.scenario }]);

/** A run by its name, without its events, or a scenario that could not run here. */
export type Suite = { name: string } & (Omit<Run, "events"> | { skipped: string; durationMs: number });

export function junitOfAll(title: string, suites: readonly Suite[]): string {
  const drawn = suites.map((suite) => ({ suite, ...measured(suite) }));
  const sum = (key: "tests" | "failures" | "errors" | "durationMs") =>
    drawn.reduce((total, one) => total + one[key], 0);
  const root = create({ version: "1.0", encoding: "UTF-8" }).ele("testsuites", {
    name: literal(plain(title)),
    tests: sum("tests"),
    failures: sum("failures"),
    errors: sum("errors"),
    time: inSeconds(sum("durationMs")),
  });
  for (const { suite, cases, durationMs, ...numbers } of drawn) {
    const name = plain(suite.name);
    const element = root.ele("testsuite", { name: literal(name), ...numbers, time: inSeconds(durationMs) });
    if ("skipped" in suite) addSkipped(element, name, suite.skipped);
    else addRun(element, name, suite, cases);
  }
  return `${root.end({ prettyPrint: true })}\n`;
}

/** xmlbuilder2 leaves what looks like an entity as it is, and `&#0;` in a file makes it unreadable. */
const literal = (text: string) => text.replaceAll("&", "&amp;");

const inSeconds = (ms: number) => (ms / 1000).toFixed(3);

function measured(suite: Suite) {
  const isSkipped = "skipped" in suite;
  const cases = isSkipped ? [] : testCases(suite);
  return {
    cases,
    durationMs: isSkipped ? suite.durationMs : suite.result.durationMs,
    tests: isSkipped ? 1 : cases.length,
    failures: cases.filter(({ verdict }) => verdict === "violated").length,
    errors: cases.filter(({ verdict }) => verdict === "inconclusive").length,
    skipped: isSkipped ? 1 : 0,
  };
}

type Node = ReturnType<typeof create>;

/** What a server is too old for passes, as the exit code does. */
function addSkipped(suite: Node, name: string, message: string): void {
  const testcase = suite.ele("testcase", { name: "the run", classname: literal(`${name}.runs`), time: "0.000" });
  testcase.ele("skipped", { message: literal(prose(message)) });
}

function addRun(suite: Node, name: string, run: Pick<Run, "result">, cases: readonly TestCase[]): void {
  const properties = suite.ele("properties");
  for (const [key, value] of Object.entries(facts(run)))
    properties.ele("property", { name: key, value: literal(value) });
  for (const testCase of cases) {
    const classname = literal(`${name}.${testCase.kind}s`);
    const element = suite.ele("testcase", { name: literal(testCase.title), classname, time: "0.000" });
    if (testCase.verdict !== "held") addProblem(element, testCase);
  }
}

function addProblem(element: Node, { verdict, detail, expected, actual, place }: TestCase): void {
  const lines = [detail, `expected: ${expected}`, `actual:   ${actual ?? "could not be read"}`, `at:       ${place}`];
  const problem = element.ele(verdict === "violated" ? "failure" : "error", {
    message: literal(detail),
    type: verdict,
  });
  problem.txt(literal(lines.join("\n")));
}

function facts({ result }: Pick<Run, "result">): Record<string, string> {
  const { question, verdict, reason, server, history } = result;
  return {
    question: prose(question),
    verdict,
    ...(reason !== undefined && { reason: prose(reason) }),
    server: `nats-server ${plain(server.version)}, from ${plain(server.origin)}`,
    history: plain(history, Number.POSITIVE_INFINITY),
  };
}
