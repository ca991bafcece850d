// What the tests see of src/time beside the public index: its internal entry point.
export { parseDuration } from "../../src/time/duration.js";
export { until } from "../../src/time/until.js";
