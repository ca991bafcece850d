// What the tests see of src/trials beside the public index: its internal entry point.
export { sweepCells, sweepTable } from "../../src/trials/sweep-table.js";
export { trialsTable } from "../../src/trials/table.js";
export { type TrialOutcome, trialsExitCode } from "../../src/trials/trial.js";
