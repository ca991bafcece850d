// Takes exactly one file out of a .tar.gz. Everything else in the archive is ignored, so no path in it can lead anywhere.

import { access } from "node:fs/promises";
import { basename, join } from "node:path";
import { extract } from "tar";

/** Extracts the regular file `entry` (its full path in the archive) into `folder`; returns where it is. */
export async function extractOne(archive: string, entry: string, folder: string): Promise<string> {
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
