// `jetstream-request-reply-kit/testing`: for teams who test their own services. Any test runner will do; nothing here
// imports one. The vitest fixtures and typed matchers are in `jetstream-request-reply-kit/testing/vitest`.
export type { Ending, HistoryEvent } from "../history/event.js";
export type {
  CheckResult,
  Counts,
  Expectation,
  RequestOutcome,
  Run,
  RunResult,
  ServerFacts,
} from "../history/result.js";
export type { Verdict } from "../history/verdict.js";
export { type Problem, ScenarioInvalid } from "../scenario/problem.js";
export { ServerNotFound } from "../server/index.js";
export { ContainerUnavailable } from "./container-unavailable.js";
export { type Fixtures, fixtures } from "./fixtures.js";
export { Lab, type LabOptions, startLab } from "./lab.js";
export { type KitMatchers, matchers } from "./matchers/index.js";
export type { MatcherResult, Within } from "./matchers/matcher.js";
export type { OriginOptions } from "./origin.js";
export { runScenario, type ScenarioRunOptions } from "./scenario.js";
export { type LabServer, type LabServerOptions, type Seat, startLabServer } from "./server.js";
export { LabStream, type StreamMessage, type Stuck } from "./stream.js";
