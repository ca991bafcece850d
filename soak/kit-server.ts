// The kit's own way to a nats-server, which is no part of the public library. Compiled, this file lies in dist/soak/, so the
// path is another one for Node than for the compiler; that is why only the types are imported by name.
type ServerPart = typeof import("../dist/server/index.js");

export type { Cluster, NatsServer, RunFolder, ServerBinary } from "../dist/server/index.js";

const part: ServerPart = await import(new URL("../server/index.js", import.meta.url).href);

export const { createRunFolder, findServer, jetStreamReady, standstill, startCluster, sweepRunFolders } = part;
