// The kit's cache of fetched nats-server binaries:
//   <cache>/nats-server/2.14.0-linux-x64/nats-server          the binary
//   <cache>/nats-server/2.14.0-linux-x64/nats-server.sha256   its checksum when it was fetched (sha256sum -c reads it)
import { constants } from "node:fs";
import { access, readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import type { ServerBinary } from "./binary.js";
import { digestOf } from "./checksum.js";
import { PINNED_VERSION, thisPlatform } from "./pinned.js";

/** `$XDG_CACHE_HOME`, `~/Library/Caches` or `~/.cache`, and the kit's name. */
export function defaultCacheDir(env: NodeJS.ProcessEnv): string {
  const home = env.HOME || homedir();
  const caches = process.platform === "darwin" ? join(home, "Library", "Caches") : join(home, ".cache");
  // A relative one is invalid and to be ignored, says the XDG specification.
  const named = isAbsolute(env.XDG_CACHE_HOME ?? "") ? env.XDG_CACHE_HOME : undefined;
  return join(named ?? caches, "jetstream-request-reply-kit");
}

/** Holds one folder per version and platform, and the temporary folders of fetches under way. */
export const binariesIn = (cacheDir: string) => join(cacheDir, "nats-server");

export const cachedFolder = (cacheDir: string) =>
  join(binariesIn(cacheDir), `${PINNED_VERSION}-${thisPlatform}`);

/** What has been compared, and in which state: `jsrr compare` starts dozens of servers. */
const whole = new Map<string, string>();

async function stateOf(path: string): Promise<string> {
  const { ino, size, mtimeMs, ctimeMs } = await stat(path);
  return [ino, size, mtimeMs, ctimeMs].join();
}

/**
 * The cached binary, or an error that says why there is none. Its whole checksum is compared once in each process, which
 * takes some 20 ms for 18 MB: a damaged binary often still prints its version. One with the right checksum is the one that was
 * made to print its version when it was fetched, so it is not run again for that.
 */
export async function readCache(cacheDir: string): Promise<ServerBinary> {
  const path = join(cachedFolder(cacheDir), "nats-server");
  await access(path, constants.X_OK).catch(() => {
    throw new Error(`nothing in ${cachedFolder(cacheDir)} yet`);
  });
  const state = await stateOf(path);
  if (whole.get(path) !== state) {
    const recorded = await readFile(`${path}.sha256`, "utf8").catch(() => "");
    if (!recorded.startsWith(await digestOf(path, "sha256"))) {
      throw new Error(`${path} is not what was fetched: its checksum differs`);
    }
    whole.set(path, state);
  }
  return { path, version: PINNED_VERSION, origin: "cache" };
}
