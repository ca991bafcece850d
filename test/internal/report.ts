// What the tests see of src/report beside the public index: its internal entry point.
export { type Baseline, baselineSchema, changesSince, changesText } from "../../src/report/baseline.js";
export { replyDepth, requestDepth, ticks, waitPercentiles } from "../../src/report/html/charts.js";
export { gutter, layoutOf } from "../../src/report/html/diagram-layout.js";
export { bandsOf, diagramOf } from "../../src/report/html/diagram-model.js";
export { sequenceSvg } from "../../src/report/html/diagram-svg.js";
export { overview } from "../../src/report/html/overview.js";
export { html } from "../../src/report/html/page.js";
export { pathsOf, sample } from "../../src/report/html/request-paths.js";
export { colouredLines } from "../../src/report/html/yaml-colours.js";
export { type ReportName, reporters, reportNames, reports } from "../../src/report/index.js";
export { junitOfAll, type Suite } from "../../src/report/junit.js";
export { type LiveOptions, LiveState, liveView } from "../../src/report/live-view.js";
export { sequenceOf } from "../../src/report/mermaid.js";
export { resultSchema, resultSchemaFile, resultSchemaText } from "../../src/report/result-schema.js";
export { renderStory, renderStoryExcerpt, Story } from "../../src/report/story-layout.js";
export { terminal } from "../../src/report/terminal.js";
export { columns } from "../../src/report/text-layout.js";
export { appendStepSummary, prepareReports, writeReports } from "../../src/report/write.js";
