// Find or fetch nats-server, and launch it.

export { atLeast, compareVersions } from "../protocol/versions.js";
export type { ServerBinary } from "./binary.js";
export { chooseServer } from "./choose.js";
export { type Cluster, type ClusterOptions, nodeNames, startCluster } from "./cluster.js";
export { canLosePower, Disk } from "./disk.js";
export { type FindOptions, findServer, ServerNotFound } from "./find.js";
export { jetStreamReady } from "./jetstream-ready.js";
export { ServerDidNotStart, type StartOptions, startServer } from "./launch.js";
export { ServerNode } from "./node.js";
export type { StoreSettings } from "./node-config.js";
export { createRunFolder, type RunFolder } from "./run-folder.js";
export type { RunningServer, StoppedServer } from "./running-server.js";
export type { Exit } from "./server-process.js";
export { ServerUnusable, type Source } from "./source.js";
export { standstill } from "./standstill.js";
export { sweepRunFolders } from "./sweep.js";
