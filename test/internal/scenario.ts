// What the tests see of src/scenario beside the public index: its internal entry point.

export { nearest } from "../../src/common/did-you-mean.js";
export {
  builtInFolder,
  findScenarios,
  type Listed,
  resolveScenario,
  UnknownScenarioError,
} from "../../src/scenario/catalogue.js";
export { formatProblems, ScenarioInvalidError } from "../../src/scenario/diagnostic.js";
export { conditionOf, parseLook, type Wanted, wantedText } from "../../src/scenario/expectation.js";
export { wordsOf } from "../../src/scenario/fields.js";
export { jsonSchemaFile, jsonSchemaText } from "../../src/scenario/json-schema.js";
export { loadChanged, loadScenario, type Parsed, parseScenario } from "../../src/scenario/load.js";
export { consumerFields, type Look, type Scenario, streamFields } from "../../src/scenario/model.js";
export { scenarioFile } from "../../src/scenario/schema.js";
export { variantsOf } from "../../src/scenario/sweep.js";
export { readYaml } from "../../src/scenario/yaml.js";
export { applySettings, parseSetting, withoutKey } from "../../src/scenario/yaml-edit.js";
