// The registry of faults: the source of the names in scenario files, documentation and types.
import { bandwidth } from "./bandwidth.js";
import { blackHole } from "./black-hole.js";
import { corruptFile } from "./corrupt-file.js";
import { crashActor } from "./crash-actor.js";
import { cut } from "./cut.js";
import { diskFull } from "./disk-full.js";
import { flipBit } from "./flip-bit.js";
import { halfOpen } from "./half-open.js";
import { killLeader } from "./kill-leader.js";
import { killServer } from "./kill-server.js";
import { lameDuck } from "./lame-duck.js";
import { latency } from "./latency.js";
import { leaderStepdown } from "./leader-stepdown.js";
import { noop } from "./noop.js";
import { partition } from "./partition.js";
import { pauseActor } from "./pause-actor.js";
import { pauseLeader } from "./pause-leader.js";
import { pauseServer } from "./pause-server.js";
import { peerRemove } from "./peer-remove.js";
import { powerFailure } from "./power-failure.js";
import { quorumLost } from "./quorum-lost.js";
import { reset } from "./reset.js";
import { restartServer } from "./restart-server.js";
import { stopActor } from "./stop-actor.js";
import { truncateBlock } from "./truncate-block.js";
import { wipeStore } from "./wipe-store.js";

export type { Fault, Injected, Need, Target, TargetActor, TargetDisk, TargetLink, TargetNode } from "./fault.js";
export { roles } from "./fault.js";
export { type ActiveFault, injectFault } from "./inject.js";

export const faults = {
  noop,
  "crash-actor": crashActor,
  "stop-actor": stopActor,
  "pause-actor": pauseActor,
  "kill-server": killServer,
  "restart-server": restartServer,
  "pause-server": pauseServer,
  "lame-duck": lameDuck,
  "leader-stepdown": leaderStepdown,
  "pause-leader": pauseLeader,
  "kill-leader": killLeader,
  "quorum-lost": quorumLost,
  "peer-remove": peerRemove,
  partition,
  latency,
  bandwidth,
  cut,
  "black-hole": blackHole,
  reset,
  "half-open": halfOpen,
  "wipe-store": wipeStore,
  "flip-bit": flipBit,
  "truncate-block": truncateBlock,
  "corrupt-file": corruptFile,
  "disk-full": diskFull,
  "power-failure": powerFailure,
};

export type FaultName = keyof typeof faults;
export const faultNames = Object.keys(faults) as FaultName[];
