// Which evidence counts for which kind of fault.
import {
  advisory,
  anyOf,
  brokenConnection,
  failedRequest,
  redelivery,
  refusedMeanwhile,
} from "./evidence.js";
import { heldUntilHealed } from "./waits.js";

/** A server that ended: its clients lost their connection, or what it led has another leader. */
export const serverGone = anyOf(brokenConnection(), advisory);

/** Somebody who stands still, or a way that nothing passes: what was sent there waits, fails, or is sent again. */
export const standsStill = (of?: readonly string[]) =>
  anyOf(brokenConnection(of), failedRequest, redelivery, heldUntilHealed);

/** A majority was out of reach: the servers said so, or a publish was refused or not answered meanwhile. */
export const noMajority = anyOf(refusedMeanwhile, advisory);
