import { compareVersions } from "../internal/protocol.js";
import { type ServerBinary, versionOf } from "../internal/server.js";

// The nats-server that Debian installs, where it is older than 2.11: for what the kit promises on older servers.
const debians = "/usr/sbin/nats-server";

/** Undefined, with a warning, where there is none. */
export async function olderServer(): Promise<ServerBinary | undefined> {
  const found = await look();
  if (typeof found !== "string") return found;
  console.warn(`Skipping the tests on an older server: ${found}.`);
  return undefined;
}

async function look(): Promise<ServerBinary | string> {
  try {
    const version = await versionOf(debians);
    if (compareVersions(version, "2.11.0") >= 0)
      return `${debians} is ${version}, which is not older than 2.11`;
    return { path: debians, version, origin: "Debian" };
  } catch (error) {
    return `${debians} ${(error as Error).message}`;
  }
}
