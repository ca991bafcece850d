// A connection as the kit opens it, on a server that is away for long, or that refuses it something.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { NatsConnection } from "@nats-io/nats-core";
import { expect, onTestFinished, test } from "vitest";
import { openConnection, Requester, Responder, setup } from "../../src/index.js";
import { orderHandlers } from "../internal/runner.js";
import { CONFIG_FILE } from "../internal/server.js";
import { gate } from "../support/harness.js";
import { startTestServer } from "../support/server.js";
import { doorTo } from "../support/severable.js";

/** The client gives up after ten tries, unless it is told otherwise. */
const tries = 15;

test("a connection reconnects after an outage of more than ten tries", async () => {
  await using server = await startTestServer();
  await using door = await doorTo(server.port);
  const nc = await openConnection({ servers: door.url });
  onTestFinished(() => nc.close());
  tryOften(nc);
  const outage = triesOf(nc, tries);
  door.close();
  const closed = nc.closed().then((error) => `closed: ${error}`);
  expect(await Promise.race([outage.tried, closed])).toBe("tried");
  door.open();
  expect(await Promise.race([outage.reconnected, closed])).toBe("reconnected");
  await nc.flush();
});

/** By default the client tries every two seconds. */
function tryOften(nc: NatsConnection): void {
  const { protocol } = nc as unknown as { protocol: { options: { reconnectDelayHandler(): number } } };
  protocol.options.reconnectDelayHandler = () => 20;
}

/** Resolve when the client has tried so often, and when it is connected again. */
function triesOf(nc: NatsConnection, count: number) {
  const [tried, back] = [gate(), gate()];
  let seen = 0;
  const watch = async () => {
    for await (const { type } of nc.status()) {
      if (type === "reconnecting" && ++seen === count) tried.open();
      if (type === "reconnect") back.open();
    }
  };
  void watch();
  return { tried: tried.opened.then(() => "tried"), reconnected: back.opened.then(() => "reconnected") };
}

test("a connection reconnects after a time in which the server refused its credentials", async () => {
  const config = (password: string) => `authorization { user: me, password: ${password} }`;
  await using server = await startTestServer({ config: config("old") });
  const nc = await openConnection({ servers: server.url, user: "me", password: "old" });
  onTestFinished(() => nc.close());
  tryOften(nc);
  const refused = triesOf(nc, 5);
  const closed = nc.closed().then((error) => `closed: ${error}`);
  const file = join(dirname(server.logFile), CONFIG_FILE);
  const written = readFileSync(file, "utf8");
  writeFileSync(file, written.replace("password: old", "password: new"));
  process.kill(server.pid, "SIGHUP");
  expect(await Promise.race([refused.tried, closed])).toBe("tried");
  writeFileSync(file, written);
  process.kill(server.pid, "SIGHUP");
  expect(await Promise.race([refused.reconnected, closed])).toBe("reconnected");
  await nc.flush();
});

test("a refused subscription to acks fails only its subscriber, and the responder on that connection continues", async () => {
  const permissions = `{ subscribe: { deny: ["$JS.ACK.>"] } }`;
  await using server = await startTestServer({
    config: `accounts { A { jetstream: enabled, users: [{ user: me, password: p, permissions: ${permissions} }] } }`,
  });
  const nc = await openConnection({ servers: server.url, user: "me", password: "p" });
  onTestFinished(() => nc.close());
  await setup(nc, { storage: "memory" });
  await using bob = await Responder.start(nc, { name: "bob", handlers: orderHandlers });
  const refusal = new Promise<Error | null>((resolve) => {
    nc.subscribe("$JS.ACK.>", { callback: resolve });
  });
  expect(await refusal).toMatchObject({ operation: "subscription" });
  await using alice = await Requester.open(nc, { name: "alice", timeoutMs: 5_000 });
  expect(await alice.request("order-bagel")).toMatchObject({ text: "🥯" });
  expect(bob.state).toBe("running");
});
