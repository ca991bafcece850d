// A real nats-server for one test or one test file: random port, its own folder, everything gone when it is disposed.
//   await using server = await startTestServer();
//   const server = await startTestServer(); afterAll(() => server[Symbol.asyncDispose]());
import { connect, type NatsConnection, type NodeConnectionOptions } from "@nats-io/transport-node";
import { toleratesLateWriteErrors } from "../internal/connection.js";
import { createRunFolder, NatsServer, type ServerBinary } from "../internal/server.js";
import { testedServer } from "./server-version.js";

export interface TestServerOptions {
  /** nats-server configuration, e.g. `accounts { ... }`. */
  config?: string;
  /** More flags; they come last, so they win: `["--jetstream=false"]`. */
  args?: readonly string[];
  /** Default: a run folder of its own, removed at the end. One that is given stays. */
  folder?: string;
  storeDir?: string;
  /** Default: the one that the tests run on (server-version.ts). */
  binary?: ServerBinary;
}

export interface TestServer extends NatsServer {
  /** A connection that is closed with the server at the latest. */
  connect(options?: NodeConnectionOptions): Promise<NatsConnection>;
}

export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { binary = await testedServer(), ...rest } = options;
  const run = await createRunFolder();
  try {
    const onSpawn = (pid: number) => run.adopt(pid);
    const server = await NatsServer.start({ folder: run.path, ...rest, binary, onSpawn });
    return Object.assign(
      server,
      connections(server, () => run.release()),
    );
  } catch (error) {
    await run.release();
    throw error;
  }
}

function connections(server: NatsServer, release: () => Promise<void>) {
  const opened: NatsConnection[] = [];
  const open = async (options: NodeConnectionOptions = {}) => {
    // No endless reconnecting: a test that lost its server should see that.
    const settings = { servers: server.url, maxReconnectAttempts: 10, ...options };
    const nc = toleratesLateWriteErrors(await connect(settings));
    opened.push(nc);
    return nc;
  };
  const dispose = async () => {
    await Promise.all(opened.map((nc) => nc.close()));
    // Its store has no reader any more, so there is nothing to flush.
    if (server.running) await server.kill();
    await release();
  };
  return { connect: open, [Symbol.asyncDispose]: dispose };
}
