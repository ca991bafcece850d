// What a scenario says it needs, held against where it is to run. What is missing is told, and the run is skipped.
import type { NatsConnection } from "@nats-io/nats-core";
import type { ServerFacts } from "../history/result.js";
import { NotPossibleHere, ServerTooOld } from "../protocol/errors.js";
import type { Scenario } from "../scenario/model.js";
import { atLeast } from "../server/index.js";

/** Before a server is started. @throws NotPossibleHere */
export function requireMachine({ name, requires }: Scenario, user = process.getuid?.()): void {
  if (!requires.root || user === 0) return;
  throw new NotPossibleHere(`${name} was not run: it needs root, and this is user ${user ?? "(none)"}.`);
}

/** @throws ServerTooOld, NotPossibleHere */
export function requireServer({ name, requires }: Scenario, server: ServerFacts, nc: NatsConnection): void {
  const { version, url } = server;
  if (requires.server && !atLeast(version, requires.server))
    throw new ServerTooOld(
      `${name} needs nats-server ${requires.server} or newer, and the one at ${url} is ${version}; give it a newer one.`,
    );
  const nodes = knownNodes(nc);
  if (requires.nodes && nodes < requires.nodes)
    throw new NotPossibleHere(
      `${name} was not run: it needs a cluster of ${requires.nodes} nodes, and the server at ${url} knows of ${nodes}.`,
    );
}

/** A server tells its clients the addresses of its whole cluster, its own included; alone it tells none. */
const knownNodes = (nc: NatsConnection) => Math.max(1, nc.info?.connect_urls?.length ?? 0);
