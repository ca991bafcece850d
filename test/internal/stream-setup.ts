// What the tests see of src/stream-setup beside the public index: its internal entry point.
export { describeDifference, differences, wouldDiscard } from "../../src/stream-setup/diff.js";
export { planFor } from "../../src/stream-setup/plan.js";
