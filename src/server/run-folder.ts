// The temporary folder of one run, with a record of who owns it and of every process the run started, so that whatever a
// killed run leaves behind can be found and ended by a later one (see sweep.ts).
import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { diskFull, isDiskFull } from "./disk-full.js";
import { MOUNTS_FILE, unmountAdopted } from "./mounts.js";
import { startOf } from "./process-identity.js";

export const RUN_FOLDER_PREFIX = "jsrr-";

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
export interface Owner {
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
export function killAdopted(path: string): void {
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
export function removeFolder(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
}

export function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
