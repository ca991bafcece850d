// The entry point of server/: finds or fetches nats-server, and runs it.
export {
  type Cluster,
  jetStreamReady,
  orGone,
  orUnavailable,
  type StoreSettings,
  startCluster,
} from "./cluster.js";
export { canLosePower, Disk } from "./disk.js";
export { chooseServer, type FindOptions, findServer } from "./find.js";
export { NatsServer, procStat, standstill } from "./nats-server.js";
export { createRunFolder, type RunFolder, startOf, sweepRunFolders } from "./run-folder.js";
export type { ServerBinary } from "./source.js";
