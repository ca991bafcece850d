// Source "PATH": an installed nats-server, if it is new enough. Distributions ship old ones: Debian 12 has 2.9.10.
import { constants } from "node:fs";
import { access, realpath } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import { atLeast, compareVersions } from "../../protocol/server-version.js";
import { OLDEST_ON_PATH, type Source, versionOf } from "../source.js";

export const path: Source = {
  name: "PATH",
  async find({ env, atLeast: oldest = OLDEST_ON_PATH, named, exactly }) {
    const minimum = compareVersions(oldest, OLDEST_ON_PATH) > 0 ? oldest : OLDEST_ON_PATH;
    const willDo = (version: string) =>
      exactly === undefined ? named || atLeast(version, minimum) : version === exactly;
    const refused: string[] = [];
    for (const candidate of await candidates(env.PATH ?? "")) {
      try {
        const version = await versionOf(candidate);
        if (willDo(version)) return { path: candidate, version, origin: "PATH" };
        const needed = exactly === undefined ? `, ${minimum} or newer is needed` : "";
        refused.push(`${candidate} is ${version}${needed}`);
      } catch (error) {
        refused.push(`${candidate} ${(error as Error).message}`);
      }
    }
    throw new Error(refused.join("; ") || "no nats-server on it");
  },
};

/**
 * One path per program: /sbin is often a link to /usr/sbin. Relative entries are skipped: the server must not depend on the
 * current folder.
 */
async function candidates(searchPath: string): Promise<Iterable<string>> {
  const byProgram = new Map<string, string>();
  for (const folder of searchPath.split(delimiter).filter(isAbsolute)) {
    const file = join(folder, "nats-server");
    const program = await executable(file);
    if (program !== undefined && !byProgram.has(program)) byProgram.set(program, file);
  }
  return byProgram.values();
}

async function executable(file: string): Promise<string | undefined> {
  try {
    await access(file, constants.X_OK);
    return await realpath(file);
  } catch {
    return undefined;
  }
}
