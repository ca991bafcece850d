// A real cluster of three nats-servers (or one server) for one test file, as the laboratory itself starts it; everything is gone
// when it is disposed.
import { jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection, type NodeConnectionOptions } from "@nats-io/transport-node";
import { toleratesLateWriteErrors } from "../internal/connection.js";
import {
  type Cluster,
  type ClusterOptions,
  createRunFolder,
  jetStreamReady,
  type RunFolder,
  startCluster,
} from "../internal/server.js";
import { testedServer } from "./server-version.js";

export interface TestCluster extends Cluster {
  run: RunFolder;
  /** A connection to one node only, closed with the cluster at the latest. */
  connect(node: string, options?: NodeConnectionOptions): Promise<NatsConnection>;
}

export async function startTestCluster(options: Partial<ClusterOptions> = {}): Promise<TestCluster> {
  const run = await createRunFolder();
  try {
    const binary = options.binary ?? (await testedServer());
    const onSpawn = (pid: number) => run.adopt(pid);
    const cluster = await startCluster({ binary, folder: run.path, nodes: 3, onSpawn, ...options });
    return { ...cluster, run, ...connections(cluster, run) };
  } catch (error) {
    await run.release();
    throw error;
  }
}

/** Resolves when the three have found each other and have a leader. */
export async function clusterReady(cluster: TestCluster): Promise<void> {
  const nc = await cluster.connect(cluster.nodes[0]?.name as string);
  const jsm = await jetstreamManager(nc, { checkAPI: false, timeout: 500 });
  await jetStreamReady(jsm, cluster.nodes.length);
}

function connections(cluster: Cluster, run: RunFolder) {
  const opened: NatsConnection[] = [];
  const open = async (node: string, options: NodeConnectionOptions = {}) => {
    const settings = {
      servers: cluster.node(node).url,
      ignoreClusterUpdates: true,
      maxReconnectAttempts: -1,
    };
    const nc = toleratesLateWriteErrors(await connect({ ...settings, ...options }));
    opened.push(nc);
    return nc;
  };
  const dispose = async () => {
    await Promise.all(opened.map((nc) => nc.close()));
    await cluster[Symbol.asyncDispose]();
    await run.release();
  };
  return { connect: open, [Symbol.asyncDispose]: dispose };
}
