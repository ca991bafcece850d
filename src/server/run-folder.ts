// The temporary folder of one run, with a record of who owns it and of every process the run started, so that whatever a
// killed run leaves behind can be found and ended by a later one (see sweep.ts).
import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { startOf } from "./process-identity.js";

export const RUN_FOLDER_PREFIX = "jsrr-";

export interface RunFolder extends AsyncDisposable {
  path: string;
  /** Records a child process, synchronously; to be called right after it was spawned, before anything relies on it. */
  adopt(pid: number): void;
  /** Ends the adopted processes that still run, and removes the folder. */
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

/** Removed by `release()`, and as a last resort when this process exits. `parent` defaults to the system's. */
export async function createRunFolder(parent = tmpdir()): Promise<RunFolder> {
  const path = await mkdtemp(join(parent, RUN_FOLDER_PREFIX));
  const owner: Owner = { pid: process.pid, started: startOf(process.pid) ?? "", host: hostname() };
  writeFileSync(join(path, "owner.json"), JSON.stringify(owner));
  const remove = () => {
    killAdopted(path);
    removeFolder(path);
  };
  process.once("exit", remove);
  const release = async () => {
    process.off("exit", remove);
    remove();
  };
  return {
    path,
    adopt(pid) {
      const started = startOf(pid);
      if (started !== undefined) appendFileSync(join(path, "children"), `${pid} ${started}\n`);
    },
    release,
    [Symbol.asyncDispose]: release,
  };
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
