// Real servers for a test or a test file: one nats-server or a cluster, in a folder of its own, gone when it is disposed.
//   await using server = await startTestServer();
//   const server = await startTestServer(); afterAll(() => server[Symbol.asyncDispose]());
import { jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection, type NodeConnectionOptions } from "@nats-io/transport-node";
import { toleratesLateWriteErrors } from "../internal/connection.js";
import {
  type Cluster,
  type ClusterOptions,
  createRunFolder,
  jetStreamReady,
  NatsServer,
  type RunFolder,
  type ServerBinary,
  startCluster,
} from "../internal/server.js";
import { testedServer } from "./server-version.js";

export interface TestServerOptions {
  /** nats-server configuration, e.g. `accounts { ... }`. */
  config?: string;
  /** More flags; they come last, so they win: `["--jetstream=false"]`. */
  args?: readonly string[];
  /** Default: a run folder of its own, removed at the end. A given folder stays. */
  folder?: string;
  storeDir?: string;
  /** Default: the one that the tests run on (server-version.ts). */
  binary?: ServerBinary;
}

export interface TestServer extends NatsServer {
  /** A connection that is closed with the server at the latest. */
  connect(options?: NodeConnectionOptions): Promise<NatsConnection>;
}

export interface TestCluster extends Cluster {
  run: RunFolder;
  /** A connection to one node only, closed with the cluster at the latest. */
  connect(node: string, options?: NodeConnectionOptions): Promise<NatsConnection>;
}

/** On a port from the operating system. */
export function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  return inRunFolder(async (run) => {
    const { binary = await testedServer(), ...rest } = options;
    const onSpawn = (pid: number) => run.adopt(pid);
    const server = await NatsServer.start({ folder: run.path, ...rest, binary, onSpawn });
    const connections = new Connections();
    return Object.assign(server, {
      // No endless reconnecting: a test that lost its server should see that.
      connect: (settings: NodeConnectionOptions = {}) =>
        connections.open({ servers: server.url, maxReconnectAttempts: 10, ...settings }),
      [Symbol.asyncDispose]: async () => {
        await connections.close();
        // Its store has no reader any more, so there is nothing to flush.
        if (server.running) await server.kill();
        await run.release();
      },
    });
  });
}

/** Three nodes by default, as the laboratory starts them. */
export function startTestCluster(options: Partial<ClusterOptions> = {}): Promise<TestCluster> {
  return inRunFolder(async (run) => {
    const binary = options.binary ?? (await testedServer());
    const onSpawn = (pid: number) => run.adopt(pid);
    const cluster = await startCluster({ binary, folder: run.path, nodes: 3, onSpawn, ...options });
    const connections = new Connections();
    return {
      ...cluster,
      run,
      connect: (node: string, settings: NodeConnectionOptions = {}) =>
        connections.open({
          servers: cluster.node(node).url,
          ignoreClusterUpdates: true,
          maxReconnectAttempts: -1,
          ...settings,
        }),
      [Symbol.asyncDispose]: async () => {
        await connections.close();
        await cluster[Symbol.asyncDispose]();
        await run.release();
      },
    };
  });
}

/** Resolves when the nodes have found each other and have a leader. */
export async function clusterReady(cluster: TestCluster): Promise<void> {
  const nc = await cluster.connect(cluster.nodes[0]?.name as string);
  const jsm = await jetstreamManager(nc, { checkAPI: false, timeout: 500 });
  await jetStreamReady(jsm, cluster.nodes.length);
}

async function inRunFolder<T>(start: (run: RunFolder) => Promise<T>): Promise<T> {
  const run = await createRunFolder();
  try {
    return await start(run);
  } catch (error) {
    await run.release();
    throw error;
  }
}

/** The connections of a test, closed with its server at the latest. */
class Connections {
  readonly #opened: NatsConnection[] = [];

  async open(options: NodeConnectionOptions): Promise<NatsConnection> {
    const nc = toleratesLateWriteErrors(await connect(options));
    this.#opened.push(nc);
    return nc;
  }

  async close(): Promise<void> {
    await Promise.all(this.#opened.map((nc) => nc.close()));
  }
}
