// What the tests see of src/history beside the public index: its internal entry point.

export { type Check, type CheckName, checks } from "../../src/history/checks/index.js";
export { meets, seenText } from "../../src/history/condition.js";
export { counts } from "../../src/history/counts.js";
export {
  advisoryKinds,
  type EventBody,
  type HistoryEvent,
  type RepliesEnd,
  type StoredReply,
  type Strategy,
  whereaboutsWords,
} from "../../src/history/event.js";
export { exitCode } from "../../src/history/exit-code.js";
export { faultsWithoutEffect } from "../../src/history/faults.js";
export { inversions } from "../../src/history/inversions.js";
export { type Fate, invocations, ofFate } from "../../src/history/invocations.js";
export { judge, runCheck, standing, verdictOf } from "../../src/history/judge.js";
export { intended, latencies, latencyOf } from "../../src/history/latency.js";
export { Outcomes, outcomeOf } from "../../src/history/outcome.js";
export { wasRandom } from "../../src/history/randomness.js";
export { merge, readHistory } from "../../src/history/read.js";
export { openRecorder } from "../../src/history/recorder.js";
export type { CheckResult, Expectation, Run, RunResult } from "../../src/history/result.js";
export { Tally } from "../../src/history/tally.js";
export { trailsOf } from "../../src/history/trails.js";
export type { Verdict } from "../../src/history/verdict.js";
