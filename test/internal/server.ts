// What the tests see of src/server beside the public index: its internal entry point.
export { type Cluster, type ClusterOptions, jetStreamReady, startCluster } from "../../src/server/cluster.js";
export { canLosePower, Disk } from "../../src/server/disk.js";
export { defaultCacheDir } from "../../src/server/download.js";
export { chooseServer, findServer, ServerNotFoundError } from "../../src/server/find.js";
export {
  CONFIG_FILE,
  clientPort,
  NatsServer,
  ServerDidNotStartError,
  standstill,
} from "../../src/server/nats-server.js";
export {
  createRunFolder,
  type RunFolder,
  startFromProc,
  startFromPs,
  startOf,
  sweepRunFolders,
  unmountAdopted,
} from "../../src/server/run-folder.js";
export { type ServerBinary, ServerUnusableError, versionOf } from "../../src/server/source.js";
export { cache } from "../../src/server/sources/cache.js";
export { containerImage } from "../../src/server/sources/container-image.js";
export { goToolchain } from "../../src/server/sources/go-toolchain.js";
export { npmPackage, npmPackageWithin } from "../../src/server/sources/npm-package.js";
export { path } from "../../src/server/sources/path.js";
export { releaseArchive, releaseArchiveWithin } from "../../src/server/sources/release-archive.js";
