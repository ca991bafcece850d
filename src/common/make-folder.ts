// Folders: made with their missing parents. Node's own `recursive` never returns when the system reports ENOENT for a folder whose parent
// exists, as in /proc (seen on Node 20.20).
import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** @param path is absolute. `mode` is for each folder that is made. @throws what the system says; a folder that is there is no error. */
export function makeFolder(path: string, mode?: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && statSync(path).isDirectory()) return;
    if (code !== "ENOENT" || existsSync(dirname(path))) throw error;
    makeFolder(dirname(path), mode);
    mkdirSync(path, { mode });
  }
}
