// The temporary folder of one run, with a record of who owns it and of every process the run started, so that whatever a
// killed run leaves behind can be found and ended by a later one (see sweep.ts).

import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join, sep } from "node:path";
import { diskFull, isDiskFull } from "./nats-server.js";

const RUN_FOLDER_PREFIX = "jsrr-";

export interface RunFolder extends AsyncDisposable {
  path: string;
  /** Records a child process, synchronously; to be called right after it was spawned, before anything relies on it. */
  adopt(pid: number): void;
  /** Records a mount point within the folder, before anything is mounted there. */
  adoptMount(path: string): void;
  /** Ends the adopted processes that still run, unmounts what is mounted, and removes the folder. */
  release(): Promise<void>;
}

/** The process that owns a run folder. */
interface Owner {
  pid: number;
  /** See process-identity.ts. */
  started: string;
  /** A pid means something on its own machine (or in its own container) only. */
  host: string;
}

/** The folders to be removed when this process exits: the last resort where nobody releases them. */
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
    adopt(pid) {
      const started = startOf(pid);
      if (started !== undefined) appendFileSync(join(path, "children"), `${pid} ${started}\n`);
    },
    adoptMount: (mount) => appendFileSync(join(path, MOUNTS_FILE), `${mount}\n`),
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
  for (const line of readIfThere(join(path, "children")).split("\n")) {
    const [, pid, started] = /^(\d+) (.+)$/.exec(line) ?? [];
    if (pid === undefined || startOf(Number(pid)) !== started) continue;
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch {
      // It ended in between.
    }
  }
}

/** Retried by Node where a process that was just killed had still written something. */
function removeFolder(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

// Tells a process from a later one that was given the same pid.

/**
 * When the process started, as text to compare; undefined when there is no such process or it is a zombie, which is dead
 * in all but name. Synchronous, because a spawned child must be on record before anything else happens.
 */
export const startOf: (pid: number) => string | undefined =
  process.platform === "linux" ? startFromProc : startFromPs;

/** Clock ticks since boot: field 22 of /proc/PID/stat (proc(5)). */
export function startFromProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Field 2, the command, may hold spaces and parentheses: count from its closing one.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
  } catch {
    return undefined;
  }
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

// The file systems that a run has mounted in its folder: taken down before the folder is removed, by the run itself or by
// the sweep of a later one. Synchronous, because a process that exits has no other way.

/** In the run folder: one mount point per line, recorded before it is mounted. */
const MOUNTS_FILE = "mounts";

/** Only what lies within the folder, and only what is mounted there now. */
export function unmountAdopted(folder: string): void {
  for (const path of lines(join(folder, MOUNTS_FILE))) {
    if (path.startsWith(folder + sep) && isMounted(path)) unmount(path);
  }
}

/** Lazily, as the second best: something that was just killed may still be letting go of its files. */
function unmount(path: string): void {
  for (const args of [[path], ["-l", path]]) {
    try {
      execFileSync("umount", args, { stdio: "ignore" });
      return;
    } catch {
      // The next way; a folder that stays mounted is tried again by the next sweep.
    }
  }
}

const isMounted = (path: string) => lines("/proc/self/mounts").some((line) => line.split(" ")[1] === path);

function lines(file: string): string[] {
  try {
    return readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line !== "");
  } catch {
    return [];
  }
}

// Ends and removes what killed runs left behind. Safe beside live runs, and beside another sweep.

/** A run folder is without its owner.json for the moment between the two calls that make them. */
const MINUTE_MS = 60_000;

/** Returns the folders it removed. */
export function sweepRunFolders(parent = tmpdir()): string[] {
  return readdirSync(parent)
    .filter((name) => name.startsWith(RUN_FOLDER_PREFIX))
    .map((name) => join(parent, name))
    .filter((path) => isOurs(path) && isOrphan(path) && removeOrphan(path, parent));
}

/** Everyone may write to the temporary folder: a symbolic link or another user's folder is none of our business. */
function isOurs(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === process.getuid?.();
}

function isOrphan(path: string): boolean {
  const owner = ownerOf(path);
  if (owner === undefined) {
    const found = lstatSync(path, { throwIfNoEntry: false });
    return found !== undefined && Date.now() - found.mtimeMs > MINUTE_MS;
  }
  // Where starts cannot be told (no /proc, no ps) both sides are empty, and a folder stays rather than a live run lose it.
  return owner.host === hostname() && (startOf(owner.pid) ?? "") !== owner.started;
}

function ownerOf(path: string): Owner | undefined {
  try {
    return JSON.parse(readIfThere(join(path, "owner.json")));
  } catch {
    return undefined;
  }
}

/** The children first: should this sweep be killed too, the next one still finds the record of them. */
function removeOrphan(path: string, parent: string): boolean {
  killAdopted(path);
  unmountAdopted(path);
  // The rename makes this sweep the only one to remove it; the loser of the race finds nothing to rename.
  const claimed = join(parent, `${RUN_FOLDER_PREFIX}swept-${process.pid}-${performance.now()}`);
  try {
    renameSync(path, claimed);
    removeFolder(claimed);
    return true;
  } catch {
    // Lost the race, or something in it cannot be removed now: no reason to stop the run that is about to start.
    return false;
  }
}
