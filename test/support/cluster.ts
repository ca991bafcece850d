// A real cluster of three nats-servers as plain processes. No port is chosen beforehand: the first node is told of a route
// that leads nowhere, because JetStream in a cluster wants one; the others are given the port it got, and gossip does the rest.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { startTestServer, type TestServer } from "./server.js";

export interface TestCluster extends AsyncDisposable {
  nodes: [TestServer, TestServer, TestServer];
}

const nowhere = "nats://127.0.0.1:1";

export async function startTestCluster(): Promise<TestCluster> {
  const first = await startNode("one", nowhere);
  const others = ["two", "three"].map((name) => startNode(name, clusterUrl(first)));
  const [second, third] = (await Promise.all(others)) as [TestServer, TestServer];
  const nodes: TestCluster["nodes"] = [first, second, third];
  const dispose = async () => {
    await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()));
  };
  return { nodes, [Symbol.asyncDispose]: dispose };
}

function startNode(name: string, route: string): Promise<TestServer> {
  const cluster = `cluster { name: kit, listen: "127.0.0.1:-1", routes: ["${route}"] }`;
  return startTestServer({ config: `server_name: ${name}\n${cluster}` });
}

function clusterUrl({ logFile }: TestServer): string {
  const folder = join(dirname(logFile), "ports");
  const file = readdirSync(folder).find((name) => name.endsWith(".ports")) as string;
  return JSON.parse(readFileSync(join(folder, file), "utf8")).cluster[0];
}
