// Find or fetch nats-server, and launch it.
export type { ServerBinary } from "./binary.js";
export { type FindOptions, findServer, ServerNotFound } from "./find.js";
export {
  type RunningServer,
  ServerDidNotStart,
  type StartOptions,
  type StoppedServer,
  startServer,
} from "./launch.js";
export { createRunFolder, type RunFolder } from "./run-folder.js";
export type { Exit } from "./server-process.js";
export { ServerUnusable, type Source } from "./source.js";
export { sweepRunFolders } from "./sweep.js";
export { atLeast, compareVersions } from "./versions.js";
