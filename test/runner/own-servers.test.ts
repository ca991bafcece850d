// The servers that a run starts: other users of this machine reach 127.0.0.1, and are refused.
import { once } from "node:events";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { connect } from "@nats-io/transport-node";
import { expect, test } from "vitest";
import { planFaults, startOwnServers } from "../internal/runner.js";
import { createRunFolder } from "../internal/server.js";
import { aliceAndBob, scenarioOf } from "../support/scenario.js";
import { testedServer } from "../support/server-version.js";

/** What a server says first to whoever connects. */
async function greetingOf(address: string): Promise<string> {
  const { hostname: host, port } = new URL(address);
  const socket = createConnection({ host, port: Number(port) });
  const [line] = await once(socket.setEncoding("utf8"), "data");
  socket.destroy();
  return line;
}

const scenarioWith = (nodes: number) =>
  scenarioOf(
    aliceAndBob("  - request: { from: alice, order: order-bagel, as: bagel }", { more: `server: { nodes: ${nodes} }` }),
  );

test.each([1, 3])("%d servers of a run refuse clients and routes without the run's credentials", async (nodes) => {
  await using folder = await createRunFolder();
  const scenario = scenarioWith(nodes);
  const own = await startOwnServers(scenario, planFaults(scenario), folder, await testedServer(), Math.random);
  await using _ = own;
  for (const { url, folder: home } of own.cluster.nodes) {
    await expect(connect({ servers: url, reconnect: false })).rejects.toThrow(/authorization/i);
    const [ports = ""] = readdirSync(join(home, "ports"));
    const addresses: Record<string, string[]> = JSON.parse(readFileSync(join(home, "ports", ports), "utf8"));
    expect(Object.keys(addresses).sort()).toEqual(nodes === 1 ? ["nats"] : ["cluster", "nats"]);
    for (const [address = ""] of Object.values(addresses))
      expect(await greetingOf(address)).toMatch(/"auth_required":\s*true/);
  }
  const { user, password: pass } = own.credentials;
  const nc = await connect({ servers: own.cluster.nodes[0]?.url as string, user, pass, reconnect: false });
  await nc.close();
  // The password is in the configuration, and not on a command line that every user can read.
  expect(statSync(folder.path).mode & 0o777).toBe(0o700);
});
