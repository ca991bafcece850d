// The servers of a run: one alone, or three that form a cluster, as plain processes. No port is chosen beforehand: the first
// node is told of a route that leads nowhere, the others of the port it got. Once all listen, their configurations
// are written again with everybody's port, so that each finds the others after a restart, too.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Link } from "../link/index.js";
import { CONFIG_FILE, ServerNode, type StartOptions } from "./nats-server.js";

export interface ClusterOptions
  extends StoreSettings,
    Pick<StartOptions, "binary" | "onSpawn" | "timeoutMs"> {
  /** Gets a folder for each node. */
  folder: string;
  nodes: 1 | 3;
  /** Routes go through links, so that nodes can be cut off from one another; `random` is for their jitter. */
  links?: { random(): number };
  /** Where a node keeps its store. Default: in its folder. */
  storeDir?: (node: string) => string;
}

export interface Cluster extends AsyncDisposable {
  /** One or three; `server`, or `one`, `two` and `three`. */
  nodes: readonly ServerNode[];
  /** With commas, as a client takes them. */
  urls: string;
  /** Resolves when a node ended without being asked to. */
  died: Promise<Error>;
  /** @throws where there is no such node. */
  node(name: string): ServerNode;
  /** The link that the route between two nodes goes through; undefined without `links`. */
  route(a: string, b: string): Link | undefined;
}

export const nodeNames = ["one", "two", "three"] as const;

/** Resolves when the processes listen; see `jetStreamReady` for when they have a leader. @throws ServerDidNotStartError */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const nodes: ServerNode[] = [];
  const routes = new Map<string, Link>();
  const dispose = async () => {
    // Nobody needs the stores any more, so there is nothing to flush.
    await Promise.all(nodes.filter((node) => node.running).map((node) => node.kill()));
    for (const link of routes.values()) await link[Symbol.asyncDispose]();
  };
  try {
    if (options.nodes === 1) nodes.push(await startNode(options, "server", nodeConfig(options)));
    else await formCluster(options, nodes, routes);
  } catch (error) {
    await dispose();
    throw error;
  }
  const node = (name: string) => {
    const found = nodes.find((one) => one.name === name);
    if (found) return found;
    throw new Error(`There is no server ${name}, only ${nodes.map((one) => one.name).join(", ")}.`);
  };
  return {
    nodes,
    urls: nodes.map(({ url }) => url).join(","),
    died: Promise.race(nodes.map(({ died }) => died)),
    node,
    route: (a, b) => routes.get(pair(a, b)),
    [Symbol.asyncDispose]: dispose,
  };
}

const pair = (a: string, b: string) => [a, b].sort().join(" ");

function startNode(options: ClusterOptions, name: string, config: string): Promise<ServerNode> {
  const { binary, onSpawn, timeoutMs, storeDir } = options;
  const folder = options.nodes === 1 ? options.folder : join(options.folder, name);
  mkdirSync(folder, { recursive: true });
  return ServerNode.start(name, {
    ...{ binary, folder, config },
    ...(onSpawn && { onSpawn }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(storeDir && { storeDir: storeDir(name) }),
  });
}

async function formCluster(
  options: ClusterOptions,
  nodes: ServerNode[],
  links: Map<string, Link>,
): Promise<void> {
  const ports = new Map<string, number>();
  const config = async (name: string, to: readonly string[]) => {
    const routes = await Promise.all(to.map((other) => routeUrl(options, links, ports, name, other)));
    const clusterPort = ports.get(name) ?? 0;
    return nodeConfig(options, { name, clusterPort, routes, gossip: !options.links });
  };
  const start = async (name: string, to: readonly string[]) => {
    const node = await startNode(options, name, await config(name, to));
    ports.set(name, clusterPortOf(node));
    nodes.push(node);
  };
  await start("one", []);
  await start("two", ["one"]);
  await start("three", ["one", "two"]);
  for (const node of nodes) {
    // Through links each pair has one route, which the later node dials.
    const others = nodeNames.filter((other) => other !== node.name);
    const dialled = options.links ? others.filter((other) => rank(other) < rank(node.name)) : others;
    writeFileSync(join(node.folder, CONFIG_FILE), await config(node.name, dialled));
  }
}

const rank = (name: string) => (nodeNames as readonly string[]).indexOf(name);

async function routeUrl(
  { links }: ClusterOptions,
  open: Map<string, Link>,
  ports: ReadonlyMap<string, number>,
  from: string,
  to: string,
): Promise<string> {
  const port = ports.get(to) as number;
  if (!links) return `nats://127.0.0.1:${port}`;
  const known = open.get(pair(from, to));
  if (known) return known.url;
  const link = await Link.open({ target: () => ({ host: "127.0.0.1", port }), random: links.random });
  open.set(pair(from, to), link);
  return link.url;
}

function clusterPortOf({ folder, pid }: ServerNode): number {
  const ports = join(folder, "ports");
  const file = readdirSync(ports).find((name) => name.endsWith(`_${pid}.ports`)) as string;
  const { cluster } = JSON.parse(readFileSync(join(ports, file), "utf8")) as { cluster: [string] };
  return Number(new URL(cluster[0]).port);
}

// The configuration of a run's servers: how they store, and who their neighbours are.

export interface StoreSettings {
  /** How often a store is synced to its disk: `always`, or a duration such as `10s`. Default: the server's own (2 minutes). */
  syncInterval?: string;
  /** Bytes that JetStream may take in all. */
  maxFileStore?: number;
  maxMemory?: number;
}

interface Neighbours {
  name: string;
  /** Where it listens for the others; 0: the operating system chooses. */
  clusterPort: number;
  /** Where it finds them. */
  routes: readonly string[];
  /** Only the routes that are written down: no server is told of others by gossip. */
  gossip: boolean;
}

/** JetStream in a cluster wants a route; the first server of one has nobody to name yet. */
const nowhere = "nats://127.0.0.1:1";

function nodeConfig(store: StoreSettings, neighbours?: Neighbours): string {
  return [
    // The least that the server takes is 30 s, and it takes that long only with many clients; the grace comes before.
    'lame_duck_duration: "30s"\nlame_duck_grace_period: "1s"',
    `jetstream {\n${storeLines(store).join("\n")}\n}`,
    ...(neighbours ? [clusterBlock(neighbours)] : []),
  ].join("\n");
}

function storeLines({ syncInterval, maxFileStore, maxMemory }: StoreSettings): string[] {
  return [
    ...(syncInterval === undefined ? [] : [`  sync_interval: "${syncInterval}"`]),
    ...(maxFileStore === undefined ? [] : [`  max_file_store: ${maxFileStore}`]),
    ...(maxMemory === undefined ? [] : [`  max_memory_store: ${maxMemory}`]),
  ];
}

function clusterBlock({ name, clusterPort, routes, gossip }: Neighbours): string {
  const urls = (routes.length > 0 ? routes : [nowhere]).map((url) => `"${url}"`).join(", ");
  // Gossip tells of this address; a dead one keeps the others to the routes that they were given.
  const advertise = gossip ? "" : '  advertise: "127.0.0.1:1"\n';
  const listen = `  listen: "127.0.0.1:${clusterPort === 0 ? -1 : clusterPort}"`;
  return `server_name: ${name}\ncluster {\n  name: kit\n${listen}\n${advertise}  routes: [${urls}]\n}`;
}
