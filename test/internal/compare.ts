// What the tests see of src/compare beside the public index: its internal entry point.
export { type Cell, classify, sameCell } from "../../src/compare/cell.js";
export {
  type ComparedCell,
  type Comparison,
  expectedCells,
  type Situation,
  situationNames,
  situationScenario,
} from "../../src/compare/compare.js";
export { comparePage } from "../../src/compare/page.js";
export { compareTable } from "../../src/compare/table.js";
export { type LabReplyStrategy, labReplyStrategies } from "../../src/protocol/events.js";
