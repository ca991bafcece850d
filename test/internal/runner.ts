// What the tests see of src/runner beside the public index: its internal entry point.

export type { RunningRole } from "../../src/runner/actor-protocol.js";
export { runPlainResponder } from "../../src/runner/actors/plain-responder.js";
export type { Environment } from "../../src/runner/environment.js";
export { readAll, readStreams, removeOwn } from "../../src/runner/final-read.js";
export { handlesOf } from "../../src/runner/handles.js";
export { createHistoryFolder } from "../../src/runner/history-folder.js";
export { LiveHistory } from "../../src/runner/live-history.js";
export { randomFrom } from "../../src/runner/random.js";
export { requireMachine } from "../../src/runner/requirements.js";
export { type RunOptions, runScenario } from "../../src/runner/run.js";
export { brokenRun, judgeSavedRun } from "../../src/runner/saved-run.js";
