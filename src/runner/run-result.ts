// The result of a run: judged from its history, the same way for a run that has just ended and for a saved one.
import type { ChosenCheck } from "../history/checks/index.js";
import { counts } from "../history/counts.js";
import type { HistoryEvent } from "../history/event.js";
import { faultsWithoutEffect, judge, verdictOf } from "../history/judge.js";
import { latencies } from "../history/latency.js";
import { Outcomes } from "../history/outcome.js";
import { historyFormat, type RunResult } from "../history/result.js";
import type { Scenario } from "../scenario/model.js";

/** What a judgement needs of a scenario. */
export interface JudgedScenario extends Pick<Scenario, "name" | "question" | "answer" | "file" | "expected"> {
  check: readonly ChosenCheck[];
}

/** What the events of a history do not say. */
export type RunFacts = Pick<RunResult, "expectations" | "server" | "seed" | "durationMs" | "history">;

export function resultOf(scenario: JudgedScenario, events: readonly HistoryEvent[], facts: RunFacts): RunResult {
  const { name, question, answer, file } = scenario;
  const outcomes = new Outcomes();
  for (const event of events) outcomes.apply(event);
  const checks = judge(events, scenario.check, scenario.expected);
  const latency = latencies(events);
  const { expectations, ...rest } = facts;
  return {
    format: historyFormat,
    scenario: name,
    question,
    answer,
    file,
    ...verdictOf({ expectations, checks, toothless: faultsWithoutEffect(events) }),
    requests: outcomes.all(),
    expectations,
    checks,
    counts: counts(events),
    ...(latency.length > 0 && { latency }), // an absent key, as the schema of results has it
    ...rest,
  };
}
