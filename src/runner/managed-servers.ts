// The kit's own servers in a run: one or several, with the links and disks that the run's faults need.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { JetStreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { namesOfNodes } from "../common/node-names.js";
import { until } from "../common/until.js";
import { watchConnection } from "../connection/watch.js";
import { type FaultName, faults, type Need, type TargetNode } from "../faults/index.js";
import { Link } from "../link/index.js";
import type { QueueNames } from "../protocol/subjects.js";
import { allSteps, type Scenario } from "../scenario/model.js";
import { type ClusterOptions, orGone, type ServerCredentials } from "../server/cluster.js";
import { type Cluster, Disk, type RunFolder, type ServerBinary, startCluster } from "../server/index.js";
import { ReplicaStates } from "./replica-states.js";

/** Milliseconds for the laboratory's own connection to come back; the client tries again every two seconds. */
const reconnectMs = 20_000;

export interface OwnServers extends AsyncDisposable {
  cluster: Cluster;
  nodes: readonly TargetNode[];
  /** For each actor that connects through links: one to each node, in their order. */
  links: ReadonlyMap<string, readonly Link[]>;
  /** Of a cluster. */
  replicas?: ReplicaStates;
  /** The binaries of the versions that the scenario names. */
  versions?: ReadonlyMap<string, ServerBinary>;
}

/** They accept the returned credentials only. */
export async function startOwnServers(
  { server }: Scenario,
  plan: FaultPlan,
  folder: RunFolder,
  binary: ClusterOptions["binary"],
  random: () => number,
): Promise<OwnServers & { credentials: ServerCredentials }> {
  const disks = new Map<string, Disk>();
  const links = new Map<string, Link[]>();
  if (plan.needs.has("own-disk"))
    for (const name of namesOfNodes(server.nodes)) disks.set(name, await Disk.create(folder, name));
  const credentials = { user: "jsrr", password: randomBytes(16).toString("hex") };
  const cluster = await startCluster({
    ...server,
    credentials,
    binary,
    folder: folder.path,
    onSpawn: (pid) => folder.adopt(pid),
    links: plan.routes ? { random } : undefined,
    storeDir: disks.size > 0 ? (node: string) => join(disks.get(node)?.path as string, "store") : undefined,
  });
  const nodes = cluster.nodes.map((node) => Object.assign(node, { disk: disks.get(node.name) }) as TargetNode);
  for (const actor of plan.linked) {
    const open = cluster.nodes.map(({ host, port }) => Link.open({ target: () => ({ host, port }), random }));
    links.set(actor, await Promise.all(open));
  }
  const replicas = cluster.nodes.length > 1 ? new ReplicaStates(cluster, credentials) : undefined;
  const dispose = async () => {
    await replicas?.[Symbol.asyncDispose]();
    await cluster[Symbol.asyncDispose](); // its stores go with it: nothing to save
    for (const link of [...links.values()].flat()) await link[Symbol.asyncDispose]();
  };
  return { cluster, credentials, nodes, links, replicas, [Symbol.asyncDispose]: dispose };
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
      reject(new Error(`The server was started again, and within ${reconnectMs} ms nothing connected to it.`));
    }, reconnectMs);
    const stop = watchConnection(nc, {
      reconnected: () => {
        clearTimeout(late);
        stop();
        resolve();
      },
    });
  });
}

// The laboratory's own connection leaves frozen servers: expectations and advisories need a server that answers.

/** From now on a server of a cluster that is frozen loses the connection, which goes on to another by itself. */
export function leaveFrozenServers(nc: NatsConnection, { nodes }: Cluster): void {
  if (nodes.length === 1) return;
  for (const node of nodes) {
    const pause = node.pause.bind(node);
    node.pause = async () => {
      await pause();
      // A frozen server keeps its connections, so the client would notice by its pings only, after minutes.
      if (nc.getServer() === `${node.host}:${node.port}`) await nc.reconnect();
    };
  }
}

// What the faults of a scenario need, known before anything starts.

export interface FaultPlan {
  /** Each need, and the first fault that has it. */
  needs: ReadonlyMap<Need, FaultName>;
  /** Actors that connect through links: a fault or a crash point is on the way between them and a server, or they are external. */
  linked: ReadonlySet<string>;
  /** Whether the routes between the nodes go through links. */
  routes: boolean;
}

export function planFaults({ timeline, requesters, responders, services }: Scenario): FaultPlan {
  const injections = allSteps(timeline).filter((step) => step.kind === "inject");
  const needs = new Map<Need, FaultName>();
  for (const { fault } of injections)
    for (const need of faults[fault].needs) if (!needs.has(need)) needs.set(need, fault);
  const ends = injections.flatMap(({ options }) => [(options as { between?: string[] }).between ?? []]);
  const isActor = (name: string) => name in requesters || name in responders || name in services;
  const external = externalActors({ requesters, responders });
  const killed = Object.keys(responders).filter((name) => responders[name]?.wireCrash);
  return {
    needs,
    linked: new Set([...ends.flat().filter(isActor), ...external, ...killed]),
    routes:
      injections.some(({ fault }) => fault === "partition") ||
      ends.some((pair) => pair.length > 0 && !pair.some(isActor)),
  };
}

/** The actors whose processes the caller of the run brings. */
export const externalActors = ({ requesters, responders }: Pick<Scenario, "requesters" | "responders">): string[] =>
  Object.entries({ ...requesters, ...responders }).flatMap(([name, { kind }]) => (kind === "external" ? [name] : []));

// The wait for streams and the consumer after a fault of their servers: until each has a leader, and in a cluster until all
// servers agree on it.

/** No event tells that a leader was elected while the laboratory was cut off, so they are asked. */
const pollMs = 50;
const answerMs = 30_000;
/**
 * A leader that was frozen still believes that it leads, and says so, until its first heartbeat is answered; then it has no
 * leader until it hears the new one's. Both come once a second (nats-server raft.go, hbInterval).
 */
const heartbeatsMs = 1_500;

interface StreamsOfRun {
  jsm: JetStreamManager;
  streams: readonly string[];
  queues: readonly QueueNames[];
  /** Of each request stream. */
  consumers: readonly string[];
}

/**
 * Waits for 30 s at most: servers under test that do not recover are what the run is about, and its checks judge it.
 * @throws the signal's reason when it breaks the run off.
 */
export async function streamsAnswer(
  { jsm, streams, queues, consumers }: StreamsOfRun,
  signal: AbortSignal,
): Promise<void> {
  const infos: Info[] = streams.map((stream) => () => jsm.streams.info(stream));
  for (const { requestStream } of queues.filter((names) => streams.includes(names.requestStream))) {
    for (const consumer of consumers) infos.push(() => jsm.consumers.info(requestStream, consumer));
  }
  let leaders: string | undefined;
  let since = 0;
  const agreed = async () => {
    const before = leaders;
    leaders = undefined; // also where one does not answer
    leaders = await leadersOf(infos);
    if (leaders === "") return true; // one copy of each: no election
    if (leaders !== before) since = performance.now();
    return leaders !== undefined && performance.now() - since >= heartbeatsMs;
  };
  const late = "The servers did not agree on their leaders";
  try {
    await until(agreed, { everyMs: pollMs, withinMs: answerMs, late, signal });
  } catch {
    signal.throwIfAborted();
  }
}

type Info = () => Promise<{ cluster?: { leader?: string; replicas?: { current: boolean }[] } }>;

/** Undefined while one has no leader, or a copy is behind; empty where nothing is replicated. */
async function leadersOf(all: readonly Info[]): Promise<string | undefined> {
  const infos = await Promise.all(all.map((info) => orGone(info(), undefined)));
  const groups = infos.flatMap((info) => info?.cluster ?? []);
  if (groups.every(({ replicas }) => !replicas?.length)) return "";
  const whole = groups.every(({ leader, replicas = [] }) => leader && replicas.every(({ current }) => current));
  return whole ? groups.map(({ leader }) => leader).join(" ") : undefined;
}
