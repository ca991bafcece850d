// Versions of nats-server in tests: which one the tests run on, what it lacks, and an older one beside it.
//   test.skipIf(serverLacks("per-message TTLs", "2.11.0"))("...", ...);
//   expect(reason).toBe(serverIs("2.10.4") ? "..." : "...");   // what an older server does instead is asserted where it is known
import { atLeast } from "../internal/protocol.js";
import { findServer, type ServerBinary, versionOf } from "../internal/server.js";

let found: Promise<ServerBinary> | undefined;

/** The server that the tests run on, searched once in each worker. `NATS_SERVER_BIN` names another one than the kit finds. */
export function testedServer(): Promise<ServerBinary> {
  found ??= findServer();
  return found;
}

const { version } = await testedServer();

/** Whether the server that the tests run on is this version or a newer one. */
export const serverIs = (since: string) => atLeast(version, since);

/** Whether the server lacks a feature; logs it, because a skipped test has no reason in the report. */
export function serverLacks(what: string, since: string): boolean {
  const lacks = !serverIs(since);
  if (lacks) console.log(`Skipped on nats-server ${version}: it lacks ${what}, which came with ${since}.`);
  return lacks;
}

/**
 * For tests that make the server reload its configuration. Up to 2.10.26 at least (nats-server #6606) it then forgets the
 * JetStream of its command line, and shuts it down.
 */
export const reloadLosesJetStream = () =>
  serverLacks("JetStream after a reload where the command line switches it on", "2.10.29");

/** Where Debian 12 installs 2.9.10; OLDER_SERVER_BIN names another place. */
const olderPath = process.env.OLDER_SERVER_BIN ?? "/usr/sbin/nats-server";

/** A nats-server older than 2.11, for what the kit promises there; undefined, with a warning, if there is none. */
export async function olderServer(): Promise<ServerBinary | undefined> {
  const older = await versionOf(olderPath).catch((error: Error) => error);
  if (typeof older === "string" && !atLeast(older, "2.11.0")) {
    return { path: olderPath, version: older, origin: "OLDER_SERVER_BIN" };
  }
  const reason = typeof older === "string" ? `is ${older}, which is not older than 2.11` : older.message;
  console.warn(`Skipping the tests on an older server: ${olderPath} ${reason}.`);
  return undefined;
}
