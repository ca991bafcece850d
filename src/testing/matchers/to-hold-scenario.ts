// await expect("scenarios/lunch.yaml").toHoldScenario(): runs a scenario (or takes a run), and tells all that did not hold.
import { standing } from "../../history/judge.js";
import type { CheckResult, Expectation, Run } from "../../history/result.js";
import { tell } from "../../report/index.js";
import { runScenario, type ScenarioRunOptions } from "../scenario.js";
import { indented, kindOf, type MatcherContext, type MatcherResult } from "./matcher.js";

export async function toHoldScenario(
  this: MatcherContext,
  received: unknown,
  options?: ScenarioRunOptions,
): Promise<MatcherResult> {
  const run = await runOf(await received, options);
  return { pass: run.result.verdict === "held", message: () => report(run, Boolean(this.isNot)) };
}

async function runOf(received: unknown, options?: ScenarioRunOptions): Promise<Run> {
  if (typeof received === "string") return runScenario(received, options);
  if (isRun(received)) return received;
  throw new TypeError(
    `Expected expect(...).toHoldScenario() to be given a scenario's name, file or text, or a run, got ${kindOf(received)}.`,
  );
}

const isRun = (value: unknown): value is Run =>
  typeof value === "object" && value !== null && "result" in value && "events" in value;

function report({ result, events }: Run, isNot: boolean): string {
  const { scenario, verdict, reason, file } = result;
  const wanted = `expected scenario ${scenario} ${isNot ? "not " : ""}to hold, and it is ${verdict}`;
  const failed = [
    ...result.expectations.filter((e) => e.verdict !== "held").map((e) => expectation(e, file)),
    ...result.checks.filter((c) => standing(c) !== "held").map(check),
  ];
  return [
    `${wanted}${reason ? `: ${reason}` : ""}`,
    ...failed,
    `What happened:\n\n${tell(events)}`,
    `Its history: ${result.history}`,
  ].join("\n\n");
}

const value = (v: string | number | undefined) => (v === undefined ? "could not be read" : JSON.stringify(v));

const expectation = ({ path, line, expected, actual }: Expectation, file: string) =>
  indented(`${path} (${file}:${line})\n  expected: ${value(expected)}\n  actual:   ${value(actual)}`);

const check = ({ name, expected, verdict, detail }: CheckResult) =>
  indented(`check ${name}\n  expected: ${expected}\n  actual:   ${verdict} (${detail})`);
