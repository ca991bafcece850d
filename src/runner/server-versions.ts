// The versions of the kit's own servers in a run: found before it begins, and changed by the step `upgrade`.
import { NotPossibleHereError } from "../protocol/errors.js";
import { allSteps, type Scenario } from "../scenario/model.js";
import { chooseServer, type FindOptions, type NatsServer, type ServerBinary } from "../server/index.js";

/** The binary of each version that the scenario names. @throws NotPossibleHereError if one cannot be found, fetched or built. */
export async function findVersions(
  { name, server, timeline }: Scenario,
  options: FindOptions,
): Promise<ReadonlyMap<string, ServerBinary>> {
  const later = allSteps(timeline).flatMap((step) => (step.kind === "upgrade" ? [step.to] : []));
  const found = new Map<string, ServerBinary>();
  for (const version of new Set([...Object.values(server.versions ?? {}), ...later])) {
    const binary = await chooseServer(version, options).catch((cause: Error) => {
      throw new NotPossibleHereError(`${name} was not run: ${cause.message}`, { cause });
    });
    found.set(version, binary);
  }
  return found;
}

/**
 * One server after another, as an operator does it: lame duck mode, which hands over its leaderships and clients, the other
 * binary, and the wait until the cluster is whole again. `whole` is called after each.
 */
export async function upgradeServers(
  nodes: readonly NatsServer[],
  binary: ServerBinary,
  whole: (node: NatsServer) => Promise<void>,
): Promise<void> {
  for (const node of nodes) {
    await node.lameDuck();
    await node.restart(binary);
    await whole(node);
  }
}
