// What the tests see of src/faults beside the public index: its internal entry point.
export {
  advisory,
  brokenConnection,
  failedRequest,
  heldUntilHealed,
  type InjectionWindow,
  noMajority,
  redelivery,
  refusedMeanwhile,
  slowed,
  standsStill,
} from "../../src/faults/evidence.js";
export type { Need, Target, TargetActor } from "../../src/faults/fault.js";
export { type FaultName, faultNames, faults } from "../../src/faults/index.js";
export { injectFault } from "../../src/faults/inject.js";
export { claimedLeader, type InfoAnswer, leaderIn } from "../../src/faults/leader.js";
