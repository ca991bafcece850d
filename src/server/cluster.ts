// The servers of a run: one alone, or several that form a cluster.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { JetStreamApiCodes, JetStreamApiError, type JetStreamManager, StorageType } from "@nats-io/jetstream";
import { errors } from "@nats-io/nats-core";
import { namesOfNodes } from "../common/node-names.js";
import { until } from "../common/until.js";
import { Link } from "../link/index.js";
import { CONFIG_FILE, NatsServer, type StartOptions } from "./nats-server.js";
import type { ServerBinary } from "./source.js";

export interface StoreSettings {
  /** How often a store is synced to its disk: `always`, or a duration such as `10s`. Default: the server's own (2 minutes). */
  syncInterval?: string;
  /** Bytes that JetStream may take in all. */
  maxFileStore?: number;
  maxMemory?: number;
}

/** What clients, and the nodes of a cluster among themselves, have to know: any user of this machine can reach 127.0.0.1. */
export interface ServerCredentials {
  user: string;
  password: string;
}

export interface ClusterOptions extends StoreSettings, Pick<StartOptions, "onSpawn" | "timeoutMs"> {
  /** One for all nodes, or one for each. */
  binary: ServerBinary | ((node: string) => ServerBinary);
  /** Gets a folder for each node. */
  folder: string;
  /** 1 to 9. */
  nodes: number;
  /** Default: anyone may connect. */
  credentials?: ServerCredentials;
  /** Routes go through links, so that nodes can be cut off from one another; `random` is for their jitter. */
  links?: { random(): number };
  /** Where a node keeps its store. Default: in its folder. */
  storeDir?: (node: string) => string;
}

export interface Cluster extends AsyncDisposable {
  /** By `namesOfNodes`. */
  nodes: readonly NatsServer[];
  /** Separated by commas. */
  urls: string;
  /** Resolves when a node ends by itself. */
  died: Promise<Error>;
  /** @throws if there is no such node. */
  node(name: string): NatsServer;
  /** The link of the route between two nodes; undefined without `links`. */
  route(a: string, b: string): Link | undefined;
}

/** Resolves when the processes listen; see `jetStreamReady` for when they have a leader. @throws ServerDidNotStartError */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const nodes: NatsServer[] = [];
  const routes = new Map<string, Link>();
  const dispose = async () => {
    // The stores have no reader any more, so there is nothing to flush.
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

function startNode(options: ClusterOptions, name: string, config: string): Promise<NatsServer> {
  const { onSpawn, timeoutMs } = options;
  const binary = typeof options.binary === "function" ? options.binary(name) : options.binary;
  const folder = options.nodes === 1 ? options.folder : join(options.folder, name);
  mkdirSync(folder, { recursive: true });
  return NatsServer.start({
    ...{ binary, name, folder, config, onSpawn, timeoutMs },
    storeDir: options.storeDir?.(name),
  });
}

/**
 * The operating system chooses every port. The first node gets a route to an address without a server, the later ones get
 * routes to the nodes before them. Once all listen, each configuration is written again with the ports of all, so that a
 * restarted node finds the others.
 */
async function formCluster(options: ClusterOptions, nodes: NatsServer[], links: Map<string, Link>): Promise<void> {
  const ports = new Map<string, number>();
  const userinfo = options.credentials ? `${options.credentials.user}:${options.credentials.password}@` : "";
  const routeUrl = async (from: string, to: string) => {
    const port = ports.get(to) as number;
    if (!options.links) return `nats://${userinfo}127.0.0.1:${port}`;
    const target = () => ({ host: "127.0.0.1", port });
    const link = links.get(pair(from, to)) ?? (await Link.open({ target, random: options.links.random }));
    links.set(pair(from, to), link);
    return link.url.replace("://", `://${userinfo}`);
  };
  const config = async (name: string, to: readonly string[]) => {
    const routes = await Promise.all(to.map((other) => routeUrl(name, other)));
    return nodeConfig(options, { name, clusterPort: ports.get(name), routes, gossip: !options.links });
  };
  const nodeNames = namesOfNodes(options.nodes);
  for (const [n, name] of nodeNames.entries()) {
    const node = await startNode(options, name, await config(name, nodeNames.slice(0, n)));
    ports.set(name, clusterPortOf(node));
    nodes.push(node);
  }
  for (const [n, node] of nodes.entries()) {
    // Through links each pair has one route, which the later node opens.
    const others = options.links ? nodeNames.slice(0, n) : nodeNames.filter((name) => name !== node.name);
    writeFileSync(join(node.folder, CONFIG_FILE), await config(node.name, others));
  }
}

function clusterPortOf({ folder, pid }: NatsServer): number {
  const ports = join(folder, "ports");
  const file = readdirSync(ports).find((name) => name.endsWith(`_${pid}.ports`)) as string;
  const { cluster } = JSON.parse(readFileSync(join(ports, file), "utf8")) as { cluster: [string] };
  return Number(new URL(cluster[0]).port);
}

interface ClusterNode {
  name: string;
  /** Where it listens for the others; undefined: the operating system chooses. */
  clusterPort: number | undefined;
  routes: readonly string[];
  /** Without gossip a server has only the routes of its configuration. */
  gossip: boolean;
}

/** JetStream in a cluster needs a route. The first server has no other to name yet. */
const unusedAddress = "127.0.0.1:1";

type NodeSettings = StoreSettings & Pick<ClusterOptions, "credentials">;

const login = ({ user, password }: ServerCredentials) => `{ user: "${user}", password: "${password}" }`;
const authorization = (credentials: ServerCredentials) => `authorization ${login(credentials)}`;

/** For the requests that only the system account may make. */
export const systemUser = ({ password }: ServerCredentials): ServerCredentials => ({ user: "system", password });

const accounts = (credentials: ServerCredentials) =>
  `authorization { users: [${login(credentials)}] }\n` +
  `system_account: "$SYS"\naccounts { "$SYS" { users: [${login(systemUser(credentials))}] } }`;

function nodeConfig(settings: NodeSettings, cluster?: ClusterNode): string {
  const { syncInterval, maxFileStore, maxMemory, credentials } = settings;
  return [
    ...(credentials ? [cluster ? accounts(credentials) : authorization(credentials)] : []),
    // The server accepts 30 s at the least, and needs it only with many clients; the grace period comes first.
    'lame_duck_duration: "30s"\nlame_duck_grace_period: "1s"',
    "jetstream {",
    ...(syncInterval === undefined ? [] : [`  sync_interval: "${syncInterval}"`]),
    ...(maxFileStore === undefined ? [] : [`  max_file_store: ${maxFileStore}`]),
    ...(maxMemory === undefined ? [] : [`  max_memory_store: ${maxMemory}`]),
    "}",
    ...(cluster ? clusterLines(cluster, credentials) : []),
  ].join("\n");
}

function clusterLines(
  { name, clusterPort = -1, routes, gossip }: ClusterNode,
  credentials?: ServerCredentials,
): string[] {
  const urls = (routes.length > 0 ? routes : [`nats://${unusedAddress}`]).map((url) => `"${url}"`).join(", ");
  return [
    `server_name: ${name}\ncluster {\n  name: kit\n  listen: "127.0.0.1:${clusterPort}"`,
    ...(credentials ? [`  ${authorization(credentials)}`] : []),
    // Gossip spreads this address. Without a server there, the others keep to the routes of their configuration.
    ...(gossip ? [] : [`  advertise: "${unusedAddress}"`]),
    `  routes: [${urls}]\n}`,
  ];
}

// JetStream of the started servers: when it accepts streams, and reads of streams that a fault may have removed.

/** There is no event for a complete cluster. */
const readyPollMs = 25;
const probe = "JSRR_READY";

/**
 * Creates a stream with that many replicas and deletes it again, until both succeed: in a cluster, when the servers have
 * found each other and elected a leader. @throws the server's last error after `deadlineMs`.
 */
export async function jetStreamReady(jsm: JetStreamManager, replicas: number, deadlineMs = 20_000): Promise<void> {
  const config = { name: probe, subjects: [probe], num_replicas: replicas, storage: StorageType.Memory };
  const attempt = async () => {
    await jsm.streams.add(config);
    return await jsm.streams.delete(probe);
  };
  const late = `JetStream with ${replicas} replicas was not ready`;
  await until(attempt, { everyMs: readyPollMs, withinMs: deadlineMs, late });
}

const notFound: number[] = [JetStreamApiCodes.StreamNotFound, JetStreamApiCodes.ConsumerNotFound];

/** The result of `read`, or `nothing` if the stream or the consumer is gone. @throws every other error. */
export async function orGone<T, N>(read: Promise<T>, nothing: N): Promise<T | N> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof JetStreamApiError && notFound.includes(error.code)) return nothing;
    throw error;
  }
}

/**
 * The result of `read`; undefined if the server gives no answer, or has no leader to give one. A server under test may be
 * unavailable, which is no fault of the run. @throws every other error.
 */
export async function orUnavailable<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (isUnavailable(error) || isUnavailable((error as Error).cause)) return undefined;
    throw error;
  }
}

/** The client names a 503 on the API "jetstream is not enabled". */
const isUnavailable = (error: unknown) =>
  error instanceof errors.TimeoutError ||
  error instanceof errors.NoRespondersError ||
  (error instanceof errors.RequestError && error.isNoResponders()) ||
  (error instanceof JetStreamApiError && error.status === 503) ||
  (error instanceof Error && error.name === "JetStreamNotEnabled");
