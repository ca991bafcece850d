// What the tests see of src/history beside the public index: its internal entry point.
export { CausalStream, causalOrder } from "../../src/history/causal-order.js";
export type { Check } from "../../src/history/checks/check.js";
export { type CheckName, checks } from "../../src/history/checks/index.js";
export { inversions } from "../../src/history/checks/order-kept.js";
export { meets, seenText } from "../../src/history/condition.js";
export { counts } from "../../src/history/counts.js";
export {
  advisoryKinds,
  type EventBody,
  type HistoryEvent,
  type StoredReply,
} from "../../src/history/event.js";
export {
  faultsWithoutEffect,
  judge,
  runCheck,
  standing,
  trailsOf,
  unfinishedLoads,
  verdictOf,
} from "../../src/history/judge.js";
export { intended, latencies, latencyOf } from "../../src/history/latency.js";
export { type Fate, invocations, ofFate } from "../../src/history/operations.js";
export { Outcomes } from "../../src/history/outcome.js";
export { ActorFile, merge, readHistory } from "../../src/history/read.js";
export { recordFaults } from "../../src/history/record.js";
export { openRecorder } from "../../src/history/recorder.js";
export type { CheckResult, Expectation, Run, RunResult } from "../../src/history/result.js";
export { ofType } from "../../src/history/select.js";
export { Tally } from "../../src/history/tally.js";
export { exitCode, type Verdict } from "../../src/history/verdict.js";
export { type RepliesEnd, type StrategyName, whereaboutsWords } from "../../src/protocol/events.js";
export { wasRandom } from "../../src/report/terminal.js";
