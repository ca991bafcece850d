// The temporary folder of one run: a record of its processes and mounts, so that a later run can clean up after a killed one.
import { execFileSync } from "node:child_process";
import { appendFileSync, lstatSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join, sep } from "node:path";
import { diskFull, isDiskFull, procStat } from "./nats-server.js";

const RUN_FOLDER_PREFIX = "jsrr-";
/** One mount point per line. */
const mountsFile = "mounts";

export interface RunFolder extends AsyncDisposable {
  path: string;
  /** Records a child process, or one that leads a process group, synchronously. Call it right after the spawn. */
  adopt(pid: number, what?: "process" | "group"): void;
  /** Records a mount point within the folder. Call it before the mount. */
  adoptMount(path: string): void;
  /** Ends the adopted processes that still run, unmounts what is mounted, and removes the folder. */
  release(): Promise<void>;
}

/** The process that owns a run folder. */
interface Owner {
  pid: number;
  /** See `startOf`. */
  started: string;
  /** A pid means something on its own machine (or in its own container) only. */
  host: string;
}

/** The folders to remove when this process exits without releasing them. */
const held = new Set<string>();

/** `parent` defaults to the system's temporary folder. */
export async function createRunFolder(parent = tmpdir()): Promise<RunFolder> {
  const path = await mkdtemp(join(parent, RUN_FOLDER_PREFIX));
  if (held.size === 0) process.on("exit", releaseAll);
  held.add(path);
  const owner: Owner = { pid: process.pid, started: startOf(process.pid) ?? "", host: hostname() };
  try {
    writeFileSync(join(path, "owner.json"), JSON.stringify(owner));
  } catch (cause) {
    release(path);
    throw isDiskFull(cause) ? new Error(diskFull(parent), { cause }) : cause;
  }
  return {
    path,
    adopt(pid, what = "process") {
      const started = startOf(pid);
      const target = what === "group" ? -pid : pid;
      if (started !== undefined) appendFileSync(join(path, "children"), `${target} ${started}\n`);
    },
    adoptMount: (mount) => appendFileSync(join(path, mountsFile), `${mount}\n`),
    release: async () => release(path),
    [Symbol.asyncDispose]: async () => release(path),
  };
}

function release(path: string): void {
  held.delete(path);
  if (held.size === 0) process.off("exit", releaseAll);
  killAdopted(path);
  unmountAdopted(path);
  removeFolder(path);
}

function releaseAll(): void {
  for (const path of held) release(path);
}

/** SIGKILLs the recorded children of a run that are still the same processes; a reused pid is left alone. */
function killAdopted(path: string): void {
  for (const line of linesOf(join(path, "children"))) {
    const [, pid, started] = /^(-?\d+) (.+)$/.exec(line) ?? [];
    if (pid === undefined || startOf(Math.abs(Number(pid))) !== started) continue;
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch {
      // It ended in between.
    }
  }
}

/** Node retries it if a process that was just killed has still written a file. */
function removeFolder(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
}

/** Empty if there is no such file. */
function linesOf(file: string): string[] {
  try {
    return readFileSync(file, "utf8").split("\n").filter(Boolean);
  } catch {
    return [];
  }
}

/**
 * When the process started, as text to compare: it distinguishes a process from a later one with the same pid. Undefined if
 * there is no such process or it is a zombie. Synchronous, because a spawned child must be on record before anything else.
 */
export const startOf: (pid: number) => string | undefined = process.platform === "linux" ? startFromProc : startFromPs;

/** Clock ticks since boot: field 22 of /proc/PID/stat (proc(5)). */
export function startFromProc(pid: number): string | undefined {
  const fields = procStat(pid);
  return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
}

/** A date, to the second. */
export function startFromPs(pid: number): string | undefined {
  try {
    const env = { ...process.env, LC_ALL: "C", TZ: "UTC" };
    const line = execFileSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], {
      env,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [, state = "Z", started] = /^(\S+)\s+(.*\S)/.exec(line.trim()) ?? [];
    return state.startsWith("Z") ? undefined : started;
  } catch {
    return undefined;
  }
}

/** Unmounts what lies within the folder and is mounted now. Synchronous, because it runs when the process exits, too. */
export function unmountAdopted(folder: string): void {
  for (const path of linesOf(join(folder, mountsFile))) {
    if (path.startsWith(folder + sep) && isMounted(path)) unmount(path);
  }
}

/** Lazily at the second attempt: a process that was just killed may still hold files. */
function unmount(path: string): void {
  for (const args of [[path], ["-l", path]]) {
    try {
      execFileSync("umount", args, { stdio: "ignore" });
      return;
    } catch {
      // The next sweep tries again.
    }
  }
}

const isMounted = (path: string) => linesOf("/proc/self/mounts").some((line) => line.split(" ")[1] === path);

/** A folder without owner.json may be in the making: that takes a moment, not a minute. */
const minuteMs = 60_000;

/** Ends and removes what killed runs left behind. Safe beside live runs and other sweeps. @returns the removed folders. */
export function sweepRunFolders(parent = tmpdir()): string[] {
  return readdirSync(parent)
    .filter((name) => name.startsWith(RUN_FOLDER_PREFIX))
    .map((name) => join(parent, name))
    .filter((path) => isOurs(path) && isOrphan(path) && removeOrphan(path, parent));
}

/** Everyone may write to the temporary folder: skips symbolic links and other users' folders. */
function isOurs(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === process.getuid?.();
}

function isOrphan(path: string): boolean {
  const owner = ownerOf(path);
  if (owner === undefined) {
    const found = lstatSync(path, { throwIfNoEntry: false });
    return found !== undefined && Date.now() - found.mtimeMs > minuteMs;
  }
  // Without /proc and ps both sides are empty: then the folder stays, so that no live run loses it.
  return owner.host === hostname() && (startOf(owner.pid) ?? "") !== owner.started;
}

function ownerOf(path: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(join(path, "owner.json"), "utf8"));
  } catch {
    return undefined;
  }
}

/** The children first: if this sweep is killed, too, the next one still finds their record. */
function removeOrphan(path: string, parent: string): boolean {
  killAdopted(path);
  unmountAdopted(path);
  // The rename makes this sweep the only one that removes it: another one's rename fails.
  const claimed = join(parent, `${RUN_FOLDER_PREFIX}swept-${process.pid}-${performance.now()}`);
  try {
    renameSync(path, claimed);
    removeFolder(claimed);
    return true;
  } catch {
    // Another sweep was first, or a file cannot be removed now: the run that is about to start goes ahead.
    return false;
  }
}
