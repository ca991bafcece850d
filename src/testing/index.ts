// Entry point `jetstream-request-reply-kit/testing`: labs, matchers and fixtures for any test runner. Vitest's `test` and typed `expect` are
// in `jetstream-request-reply-kit/testing/vitest`.

export type { EventBody, HistoryEvent } from "../history/event.js";
export type { Latency } from "../history/latency.js";
export type {
  CheckResult,
  Counts,
  Expectation,
  RequestOutcome,
  Run,
  RunResult,
  ServerFacts,
  Trail,
} from "../history/result.js";
export type { Verdict } from "../history/verdict.js";
export type { Status } from "../protocol/events.js";
export { orderHandlers } from "../runner/order-handlers.js";
export { type Diagnostic, ScenarioInvalidError } from "../scenario/diagnostic.js";
export { ServerNotFoundError } from "../server/find.js";
export { type Fixtures, fixtures } from "./fixtures.js";
export { Lab, type LabOptions, startLab } from "./lab.js";
export { LabLink, type LatencyOptions } from "./link.js";
export { type KitMatchers, type MatcherResult, matchers, type Within } from "./matchers.js";
export { runScenario, type ScenarioRunOptions } from "./scenario.js";
export {
  type LabAccount,
  type LabServer,
  type LabServerOptions,
  type OriginOptions,
  startLabServer,
} from "./server.js";
export type { ServerUnderTest } from "./server-under-test.js";
export { ContainerUnavailableError } from "./started-server.js";
export { LabStream, type StreamMessage, type StuckCount } from "./stream.js";
