// What the tests see of src/runner beside the public index: its internal entry point.
export type { RunningRole } from "../../src/runner/actor-protocol.js";
export {
  type CoreManyEnd,
  type CoreManyOptions,
  requestMany,
} from "../../src/runner/actors/core-requester.js";
export { runPlainResponder } from "../../src/runner/actors/plain-responder.js";
export { type Environment, requireMachine } from "../../src/runner/environment.js";
export { handlesOf } from "../../src/runner/evaluate.js";
export { createHistoryFolder } from "../../src/runner/history-folder.js";
export { LiveHistory } from "../../src/runner/live-history.js";
export { planFaults, startOwnServers } from "../../src/runner/managed-servers.js";
export { menuHandlers, orderHandlers } from "../../src/runner/order-handlers.js";
export { readAll, readStreams, removeOwn } from "../../src/runner/read-streams.js";
export { type RunOptions, randomFrom, runScenario } from "../../src/runner/run.js";
export { brokenRun, judgeSavedRun } from "../../src/runner/run-result.js";
export { WireEvents } from "../../src/runner/wire-events.js";
