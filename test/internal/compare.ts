// What the tests see of src/compare beside the public index: its internal entry point.
export { type Cell, classify, sameCell } from "../../src/compare/cell.js";
export type { ComparedCell, Comparison } from "../../src/compare/compare.js";
export { expectedCells } from "../../src/compare/expected.js";
export { type Situation, situationNames, situationScenario } from "../../src/compare/situations.js";
export { compareTable } from "../../src/compare/table.js";
