// What the tests see of src/scenario beside the public index: its internal entry point.
export {
  builtInFolder,
  findScenarios,
  type Listed,
  resolveScenario,
  UnknownScenario,
} from "../../src/scenario/catalogue.js";
export { loadChanged } from "../../src/scenario/changed.js";
export { conditionOf, type Wanted, wantedText } from "../../src/scenario/conditions.js";
export { jsonSchemaFile, jsonSchemaText } from "../../src/scenario/json-schema.js";
export { wordsOf } from "../../src/scenario/kind-words.js";
export { loadScenario, type Parsed, parseScenario } from "../../src/scenario/load.js";
export { parseLook } from "../../src/scenario/looks.js";
export { consumerFields, type Look, type Scenario, streamFields } from "../../src/scenario/model.js";
export { nearest } from "../../src/scenario/nearest.js";
export { formatProblems, ScenarioInvalid } from "../../src/scenario/problem.js";
export { scenarioFile } from "../../src/scenario/schema.js";
export { applySettings, parseSetting } from "../../src/scenario/settings.js";
export { variantsOf } from "../../src/scenario/sweep.js";
export { readYaml } from "../../src/scenario/yaml-document.js";
export { withoutKey } from "../../src/scenario/yaml-edit.js";
