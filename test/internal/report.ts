// What the tests see of src/report beside the public index: its internal entry point.

export { type Baseline, changesSince, changesText } from "../../src/report/baseline.js";
export { asOne } from "../../src/report/baseline-of-several.js";
export { bandsOf } from "../../src/report/html/bands.js";
export { ticks } from "../../src/report/html/chart.js";
export { replyDepth, requestDepth } from "../../src/report/html/depth.js";
export { html, overview, type PartialRun, sequenceSvg } from "../../src/report/html/index.js";
export { percentiles } from "../../src/report/html/latency.js";
export { gutter, layoutOf } from "../../src/report/html/layout.js";
export { pathsOf } from "../../src/report/html/paths.js";
export { sample } from "../../src/report/html/sample.js";
export { sceneOf } from "../../src/report/html/scene.js";
export { type ReportName, reporters, reportNames, reports } from "../../src/report/index.js";
export { junitOfAll, type Suite } from "../../src/report/junit.js";
export { LiveState } from "../../src/report/live-state.js";
export { type LiveOptions, liveView } from "../../src/report/live-view.js";
export { resultSchema, resultSchemaFile, resultSchemaText } from "../../src/report/result-schema.js";
export { sequenceOf } from "../../src/report/sequence.js";
export { Story, tell, tellBriefly } from "../../src/report/story.js";
export { terminal } from "../../src/report/terminal.js";
export { columns } from "../../src/report/text.js";
export { appendStepSummary, prepareReports, writeReports } from "../../src/report/write.js";
