// A nats-server older than 2.11, for what the kit promises on older servers.
import { compareVersions } from "../internal/protocol.js";
import { type ServerBinary, versionOf } from "../internal/server.js";

/** Where Debian 12 installs 2.9.10; OLDER_SERVER_BIN names another place. */
const path = process.env.OLDER_SERVER_BIN ?? "/usr/sbin/nats-server";

/** Undefined, with a warning, if there is none. */
export async function olderServer(): Promise<ServerBinary | undefined> {
  const found = await findOlder();
  if (typeof found !== "string") return found;
  console.warn(`Skipping the tests on an older server: ${found}.`);
  return undefined;
}

async function findOlder(): Promise<ServerBinary | string> {
  try {
    const version = await versionOf(path);
    if (compareVersions(version, "2.11.0") >= 0) return `${path} is ${version}, which is not older than 2.11`;
    return { path, version, origin: "OLDER_SERVER_BIN" };
  } catch (error) {
    return `${path} ${(error as Error).message}`;
  }
}
