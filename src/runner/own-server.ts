// The kit's own servers in a run: one or three, which may be killed and started again on purpose; that is no reason to end
// the run. With what the run's faults need: links before and between them, and disks that can lose their power.
import { join } from "node:path";
import type { NatsConnection } from "@nats-io/nats-core";
import { watchConnection } from "../connection/watch.js";
import type { TargetNode } from "../faults/index.js";
import { Link } from "../link/index.js";
import type { Scenario } from "../scenario/model.js";
import {
  type Cluster,
  Disk,
  nodeNames,
  type RunFolder,
  type ServerBinary,
  startCluster,
} from "../server/index.js";
import type { FaultPlan } from "./fault-plan.js";

/** Milliseconds for the laboratory's own connection to come back; the client tries again every two seconds. */
const backMs = 20_000;

export interface OwnServers extends AsyncDisposable {
  cluster: Cluster;
  nodes: readonly TargetNode[];
  /** For each actor that connects through links: one to each node, in their order. */
  links: ReadonlyMap<string, readonly Link[]>;
}

export async function startOwnServers(
  { server }: Scenario,
  plan: FaultPlan,
  folder: RunFolder,
  binary: ServerBinary,
  random: () => number,
): Promise<OwnServers> {
  const disks = new Map<string, Disk>();
  const links = new Map<string, Link[]>();
  if (plan.needs.has("own-disk"))
    for (const name of server.nodes === 1 ? ["server"] : nodeNames)
      disks.set(name, await Disk.create(folder, name));
  const cluster = await startCluster({
    ...server,
    binary,
    folder: folder.path,
    onSpawn: (pid) => folder.adopt(pid),
    ...(plan.routes && { links: { random } }),
    ...(disks.size > 0 && { storeDir: (node: string) => join(disks.get(node)?.path as string, "store") }),
  });
  const nodes = cluster.nodes.map(
    (node) => Object.assign(node, { disk: disks.get(node.name) }) as TargetNode,
  );
  for (const actor of plan.linked) {
    const open = cluster.nodes.map(({ host, port }) => Link.open({ target: () => ({ host, port }), random }));
    links.set(actor, await Promise.all(open));
  }
  const dispose = async () => {
    await cluster[Symbol.asyncDispose](); // its stores go with it: nothing to save
    for (const link of [...links.values()].flat()) await link[Symbol.asyncDispose]();
  };
  return { cluster, nodes, links, [Symbol.asyncDispose]: dispose };
}

/** SIGKILL, then the same port and store again. Resolves when `nc` is connected to it. */
export async function restartServer({ cluster }: OwnServers, nc: NatsConnection): Promise<void> {
  const [first] = cluster.nodes;
  const on = nc.getServer() === `${first?.host}:${first?.port}`;
  const back = on ? reconnected(nc) : undefined;
  await first?.kill();
  await first?.restart();
  await back;
}

function reconnected(nc: NatsConnection): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      stop();
      reject(new Error(`The server was started again, and within ${backMs} ms nothing connected to it.`));
    }, backMs);
    const stop = watchConnection(nc, {
      reconnected: () => {
        clearTimeout(late);
        stop();
        resolve();
      },
    });
  });
}
