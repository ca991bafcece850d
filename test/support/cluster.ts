// A real cluster of three nats-servers as plain processes. No port is chosen beforehand: the first node is told of a route
// that leads nowhere, because JetStream in a cluster wants one; the others are given the port it got, and gossip does the rest.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import { expect } from "vitest";
import { startTestServer, type TestServer } from "./server.js";

export interface TestCluster extends AsyncDisposable {
  nodes: [TestServer, TestServer, TestServer];
}

const nowhere = "nats://127.0.0.1:1";

/** `config`: more of it, for each node. */
export async function startTestCluster(config = ""): Promise<TestCluster> {
  const first = await startNode("one", nowhere, config);
  const others = ["two", "three"].map((name) => startNode(name, clusterUrl(first), config));
  const [second, third] = (await Promise.all(others)) as [TestServer, TestServer];
  const nodes: TestCluster["nodes"] = [first, second, third];
  const dispose = async () => {
    await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()));
  };
  return { nodes, [Symbol.asyncDispose]: dispose };
}

function startNode(name: string, route: string, config: string): Promise<TestServer> {
  const cluster = `cluster { name: kit, listen: "127.0.0.1:-1", routes: ["${route}"] }`;
  return startTestServer({ config: `server_name: ${name}\n${cluster}\n${config}` });
}

function clusterUrl({ logFile }: TestServer): string {
  const folder = join(dirname(logFile), "ports");
  const file = readdirSync(folder).find((name) => name.endsWith(".ports")) as string;
  return JSON.parse(readFileSync(join(folder, file), "utf8")).cluster[0];
}

/** Until the three have found each other and have a leader, JetStream requests get no answer, or lack peers. */
export async function clusterReady({ nodes: [first] }: TestCluster): Promise<void> {
  const jsm = await jetstreamManager(await first.connect(), { checkAPI: false, timeout: 500 });
  const ready = () => jsm.streams.add({ name: "READY", subjects: ["ready"], num_replicas: 3 });
  await expect.poll(() => ready().catch(() => false), { timeout: 20_000 }).toBeTruthy();
  await jsm.streams.delete("READY");
}
