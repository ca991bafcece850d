import { atLeast } from "../internal/protocol.js";
import { findServer, type ServerBinary } from "../internal/server.js";

// Which nats-server the tests run on, and what it is too old for. `NATS_SERVER_BIN` names another one than the kit finds.
//   test.skipIf(serverLacks("per-message TTLs", "2.11.0"))("...", ...);
// What an older server does instead is worth an assertion, where it is known: serverIs("2.10.4") ? "..." : "...".
/** Looked for once in each worker. */
let found: Promise<ServerBinary> | undefined;
export function testedServer(): Promise<ServerBinary> {
  found ??= findServer();
  return found;
}

const { version } = await testedServer();

/** Whether the server that the tests run on is this version or a newer one. */
export const serverIs = (since: string) => atLeast(version, since);

/**
 * For tests that have the server read its configuration again. Before (2.10.26 still, nats-server #6606) it forgets the
 * JetStream of its command line then, and shuts it down.
 */
export const reloadLosesJetStream = () =>
  serverLacks("JetStream after a reload where the command line switches it on", "2.10.29");

/** True where the server is too old, and says so: a skipped test keeps its reason to itself. */
export function serverLacks(what: string, since: string): boolean {
  const lacks = !serverIs(since);
  if (lacks) console.log(`Skipped on nats-server ${version}: it lacks ${what}, which came with ${since}.`);
  return lacks;
}
