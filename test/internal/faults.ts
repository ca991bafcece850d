// What the tests see of src/faults beside the public index: its internal entry point.

export { claimedLeader, type InfoAnswer, leaderIn } from "../../src/faults/claimed-leader.js";
export { faultsDocument } from "../../src/faults/document.js";
export {
  advisory,
  brokenConnection,
  failedRequest,
  type InjectionWindow,
  redelivery,
  refusedMeanwhile,
} from "../../src/faults/evidence.js";
export {
  type FaultName,
  faultNames,
  faults,
  injectFault,
  type Target,
  type TargetActor,
} from "../../src/faults/index.js";
export { noMajority, standsStill } from "../../src/faults/shown-by.js";
export { heldUntilHealed, slowed } from "../../src/faults/waits.js";
