// What the tests see of src/explore beside the public index: its internal entry point.
export { applicableChecks } from "../../src/explore/applicable-checks.js";
export { baseOf, defaultBase, onNodes } from "../../src/explore/base.js";
export { triesFor } from "../../src/explore/confirm.js";
export { Coverage } from "../../src/explore/coverage.js";
export { drawExperiment, isEnding, mutateExperiment } from "../../src/explore/draw.js";
export { type Exploration, type ExploreOptions, explore } from "../../src/explore/explore.js";
export { chosenFaults } from "../../src/explore/fault-choice.js";
export { type ScenarioData, type Settings, scenarioOf, textOf } from "../../src/explore/scenario-data.js";
export { shrink } from "../../src/explore/shrink.js";
export { explorationText } from "../../src/explore/text.js";
