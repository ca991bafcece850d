// From a finished history to the result of its run: the same for a run that has just ended and for a saved one.
import type { ChosenCheck } from "../history/checks/index.js";
import { counts } from "../history/counts.js";
import type { HistoryEvent } from "../history/event.js";
import { faultsWithoutEffect } from "../history/faults.js";
import { judge, verdictOf } from "../history/judge.js";
import { latencies } from "../history/latency.js";
import { Outcomes } from "../history/outcome.js";
import { historyFormat, type RunResult } from "../history/result.js";
import type { Scenario } from "../scenario/model.js";

/** What a judgement takes from a scenario. */
export interface Plot extends Pick<Scenario, "name" | "question" | "answer" | "file" | "expected"> {
  check: readonly ChosenCheck[];
}

/** What a history does not tell. */
export type Circumstances = Pick<RunResult, "expectations" | "server" | "seed" | "durationMs" | "history">;

export function judged(plot: Plot, events: readonly HistoryEvent[], rest: Circumstances): RunResult {
  const { name, question, answer, file } = plot;
  const outcomes = new Outcomes();
  for (const event of events) outcomes.apply(event);
  const checks = judge(events, plot.check, plot.expected);
  const latency = latencies(events);
  const { expectations, ...circumstances } = rest;
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
    ...(latency.length > 0 && { latency }),
    ...circumstances,
  };
}
