// The file systems that a run has mounted in its folder: taken down before the folder is removed, by the run itself or by
// the sweep of a later one. Synchronous, because a process that exits has no other way.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, sep } from "node:path";

/** In the run folder: one mount point per line, recorded before it is mounted. */
export const MOUNTS_FILE = "mounts";

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
