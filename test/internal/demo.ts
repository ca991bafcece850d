// What the tests see of src/demo and of the page: its internal entry point.
export { apply, type Counters, counters, emptyState, isLost } from "../../demo/state.js";
export { type RecordedClick, scenarioText, testText } from "../../src/demo/clicks.js";
export { repeatableTimeouts, type TimedOut } from "../../src/demo/time-outs.js";
