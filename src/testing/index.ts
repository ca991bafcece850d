// `jetstream-request-reply-kit/testing`: for teams who test their own services. Any test runner will do; nothing here
// imports one. The vitest fixtures and typed matchers are in `jetstream-request-reply-kit/testing/vitest`.

export type { HistoryEvent } from "../history/event.js";
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
export type { Status } from "../protocol/events.js";
export { orderHandlers } from "../runner/order-handlers.js";
export { type Diagnostic, ScenarioInvalidError } from "../scenario/diagnostic.js";
export { ServerNotFoundError } from "../server/find.js";
export { type Fixtures, fixtures } from "./fixtures.js";
export { Lab, type LabOptions, startLab } from "./lab.js";
export { type KitMatchers, type MatcherResult, matchers, type Within } from "./matchers.js";
export { runScenario, type ScenarioRunOptions } from "./scenario.js";
export {
  type LabServer,
  type LabServerOptions,
  type OriginOptions,
  type Seat,
  startLabServer,
} from "./server.js";
export { ContainerUnavailableError } from "./started-server.js";
export { LabStream, type StreamMessage, type Stuck } from "./stream.js";
