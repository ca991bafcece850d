// A hub and an edge: two servers with JetStream domains of their own, joined by a leaf node.
import { readFile } from "node:fs/promises";
import { jetstreamManager } from "@nats-io/jetstream";
import { until } from "../internal/time.js";
import { startTestServer, type TestServer } from "./server.js";

export interface HubAndEdge extends AsyncDisposable {
  hub: TestServer;
  edge: TestServer;
}

/**
 * Resolves when the edge reaches the JetStream of the hub. `accounts` is configuration of the hub; `remote` is the user that the leaf
 * node connects as, with an "@" behind it.
 */
export async function startHubAndEdge({ accounts = "", remote = "", domain = "hub" } = {}): Promise<HubAndEdge> {
  const hub = await startTestServer({
    config: `server_name: hub\njetstream { domain: ${domain} }\nleafnodes { listen: "127.0.0.1:-1" }\n${accounts}`,
  });
  const [, port] = /leafnode connections on 127\.0\.0\.1:(\d+)/.exec(await readFile(hub.logFile, "utf8")) ?? [];
  let edge: TestServer | undefined;
  const dispose = async () => {
    await edge?.[Symbol.asyncDispose]();
    await hub[Symbol.asyncDispose]();
  };
  try {
    edge = await startTestServer({
      config: `server_name: edge\njetstream { domain: edge }\nleafnodes { remotes: [ { url: "nats-leaf://${remote}127.0.0.1:${port}" } ] }`,
    });
    const nc = await edge.connect();
    const reached = async () => {
      const jsm = await jetstreamManager(nc, { domain, checkAPI: false, timeout: 500 });
      return jsm.getAccountInfo();
    };
    await until(reached, { everyMs: 20, withinMs: 10_000, late: "The edge did not reach the hub" });
    await nc.close();
    return { hub, edge, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
