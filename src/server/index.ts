// Find or fetch nats-server, and launch it.
export { atLeast, compareVersions } from "../protocol/server-version.js";
export { type Cluster, type ClusterOptions, nodeNames, type StoreSettings, startCluster } from "./cluster.js";
export { canLosePower, Disk } from "./disk.js";
export { chooseServer, type FindOptions, findServer, ServerNotFoundError } from "./find.js";
export {
  type Exit,
  type RunningServer,
  ServerDidNotStartError,
  ServerNode,
  type StartOptions,
  type StoppedServer,
  standstill,
  startServer,
} from "./nats-server.js";
export { jetStreamReady } from "./ready.js";
export { createRunFolder, type RunFolder, sweepRunFolders } from "./run-folder.js";
export { type ServerBinary, ServerUnusableError, type Source } from "./source.js";
