// What the tests see of src/scenario beside the public index: its internal entry point.
export { nearest } from "../../src/common/did-you-mean.js";
export {
  builtInFolder,
  findScenarios,
  type Listed,
  resolveScenario,
  UnknownScenarioError,
} from "../../src/scenario/catalogue.js";
export { formatDiagnostics, ScenarioInvalidError } from "../../src/scenario/diagnostic.js";
export { ScenarioDocument } from "../../src/scenario/document.js";
export { conditionOf, parseMetric, type Wanted, wantedText } from "../../src/scenario/expectation.js";
export { expectedText } from "../../src/scenario/fields.js";
export { loadScenario, type Parsed, parseScenario } from "../../src/scenario/load.js";
export { consumerFields, type Metric, type Scenario, streamFields, wireCrashPoints } from "../../src/scenario/model.js";
export { jsonSchemaFile, jsonSchemaText, scenarioFile } from "../../src/scenario/schema.js";
export { parseSetting } from "../../src/scenario/setting.js";
export { variantsOf } from "../../src/scenario/sweep.js";
