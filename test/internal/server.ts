// What the tests see of src/server beside the public index: its internal entry point.

export { type ServerBinary, versionOf } from "../../src/server/binary.js";
export { defaultCacheDir } from "../../src/server/cache.js";
export { chooseServer } from "../../src/server/choose.js";
export { ServerNotFound } from "../../src/server/find.js";
export {
  type Cluster,
  type ClusterOptions,
  canLosePower,
  createRunFolder,
  Disk,
  findServer,
  jetStreamReady,
  type RunFolder,
  type RunningServer,
  standstill,
  startCluster,
  startServer,
  sweepRunFolders,
} from "../../src/server/index.js";
export { CONFIG_FILE, ServerDidNotStart } from "../../src/server/launch.js";
export { unmountAdopted } from "../../src/server/mounts.js";
export { startFromProc, startFromPs, startOf } from "../../src/server/process-identity.js";
export { clientPort } from "../../src/server/readiness.js";
export { ServerUnusable } from "../../src/server/source.js";
export { cache } from "../../src/server/sources/cache.js";
export { containerImage } from "../../src/server/sources/container-image.js";
export { npmPackage, npmPackageWithin } from "../../src/server/sources/npm-package.js";
export { path } from "../../src/server/sources/path.js";
export { releaseArchive, releaseArchiveWithin } from "../../src/server/sources/release-archive.js";
