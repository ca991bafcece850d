// Ends and removes what killed runs left behind. Safe beside live runs, and beside another sweep.
import { lstatSync, readdirSync, renameSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { unmountAdopted } from "./mounts.js";
import { startOf } from "./process-identity.js";
import { killAdopted, type Owner, RUN_FOLDER_PREFIX, readIfThere, removeFolder } from "./run-folder.js";

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
