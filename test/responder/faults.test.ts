// What really breaks: a responder killed between reply and acknowledgement, a server killed or frozen.
// Each test has a server of its own and mostly waits, so they run together.
import { jetstreamManager } from "@nats-io/jetstream";
import { test, vi } from "vitest";
import { type KitError, Requester, Responder } from "../../src/index.js";
import { defaultNames } from "../internal/protocol.js";
import { PullConsumer } from "../internal/responder.js";
import { orderHandlers } from "../internal/runner.js";
import { signalOf } from "../support/children.js";
import { harnessOn, soon } from "../support/harness.js";
import { startTestServer } from "../support/server.js";

/** A responder in a process of its own that kills itself at its first event of this type. */
async function dyingResponder(url: string, at: string): Promise<string | null> {
  const dist = new URL("../../dist/", import.meta.url).href;
  const script = `
    import { connect } from "@nats-io/transport-node";
    import { Responder } from "${dist}index.js";
    import { orderHandlers as handlers } from "${dist}testing/index.js";
    const observe = (e) => { if (e.type === "${at}") process.kill(process.pid, "SIGKILL"); };
    await Responder.start(await connect({ servers: "${url}" }), { name: "mortal", handlers, observe });`;
  return signalOf(script);
}

test.concurrent("a responder that is killed between reply and ack leaves one reply after the redelivery, and the requester gets it", async ({
  expect,
}) => {
  await using server = await startTestServer();
  await using w = await harnessOn(server, { ackWaitMs: 1_000 });
  const alice = await w.requester({ timeoutMs: 20_000 });
  const call = alice.request("order-bagel", "", { id: "1" });
  expect(await dyingResponder(server.url, "replied")).toBe("SIGKILL");
  expect((await call).text).toBe("🥯");
  expect(await w.count("REQUESTS")).toBe(1);
  await w.responder();
  expect(await w.saw("delivered")).toMatchObject({ request: "1", delivery: 2 });
  expect(await w.saw("already-answered")).toMatchObject({ request: "1", status: "ok" });
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  expect(await w.count("REPLIES")).toBe(1);
  expect(w.of("executed")).toEqual([]); // once, by the one that died
});

test.concurrent("a request whose responder is killed before the reply is redelivered and answered by the next one", async ({
  expect,
}) => {
  await using server = await startTestServer();
  await using w = await harnessOn(server, { ackWaitMs: 1_000 });
  const alice = await w.requester({ timeoutMs: 20_000 });
  const call = alice.request("order-bagel");
  expect(await dyingResponder(server.url, "executed")).toBe("SIGKILL");
  expect(await w.count("REPLIES")).toBe(0);
  await w.responder();
  expect((await call).text).toBe("🥯");
});

test.concurrent("a requester and a responder continue after a restart of the server, and no request is lost", async ({
  expect,
}) => {
  await using server = await startTestServer();
  await using w = await harnessOn(server, { storage: "file", ackWaitMs: 1_000 });
  const reconnect = { reconnectTimeWait: 50, reconnectJitter: 0, maxReconnectAttempts: -1 };
  const [hers, his] = [await w.connect(reconnect), await w.connect(reconnect)];
  await using alice = await Requester.open(hers, { name: "alice", timeoutMs: 20_000 });
  const seen: string[] = [];
  const handlers = { echo: (r: { id: string }) => `${seen.push(r.id) && r.id}` };
  await using bob = await Responder.start(his, { name: "bob", handlers });
  expect((await alice.request("echo", "", { id: "before" })).text).toBe("before");
  await bob.drain();
  const waiting = alice.request("echo", "", { id: "across" });
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(1);
  // Carol has it in hand when the server dies, and never comes back.
  await Responder.start(his, { name: "carol", handlers: { echo: () => new Promise(() => {}) } });
  await expect.poll(async () => (await w.jsm.consumers.info("REQUESTS", "responder")).num_ack_pending, soon).toBe(1);
  await his.close();
  await server.kill();
  await server.restart();
  const dave = await Responder.start(await w.connect(reconnect), { name: "dave", handlers });
  expect((await waiting).text).toBe("across");
  expect((await alice.request("echo", "", { id: "after" })).text).toBe("after");
  await dave.drain();
  expect(seen).toEqual(["before", "across", "after"]);
});

test.concurrent("a responder that keeps its connection across a restart pulls again", async ({ expect }) => {
  await using server = await startTestServer();
  await using w = await harnessOn(server, { storage: "file" });
  const reconnect = { reconnectTimeWait: 50, reconnectJitter: 0, maxReconnectAttempts: -1 };
  const nc = await w.connect(reconnect);
  await using alice = await Requester.open(nc, { name: "alice", timeoutMs: 20_000 });
  await using bob = await Responder.start(await w.connect(reconnect), { name: "bob", handlers: orderHandlers });
  expect((await alice.request("order-bagel")).text).toBe("🥯");
  await server.kill();
  await server.restart();
  await nc.flush().catch(() => nc.flush());
  expect((await alice.request("order-sandwich")).text).toBe("🥪");
  expect(bob.name).toBe("bob");
});

test.concurrent("drain() does not wait for a frozen or dead server", async ({ expect }) => {
  await using server = await startTestServer();
  await using w = await harnessOn(server);
  const bob = await w.responder();
  await server.pause();
  await bob.drain();
  await expect(bob.closed).resolves.toBeUndefined();
  server.resume();
}, 20_000);

test.concurrent("a responder pulls again after missed heartbeats, and no request is lost or repeated", async ({
  expect,
}) => {
  await using server = await startTestServer();
  await using w = await harnessOn(server, { ackWaitMs: 600_000 });
  const jsm = await jetstreamManager(await w.connect());
  const got: string[] = [];
  const pull = new PullConsumer(w.nc, {
    ...{ names: defaultNames, consumer: defaultNames.consumer, heartbeatMs: 200 },
    ...{ room: () => 4, capacity: () => 4, limits: { pull: {} } },
    onMessage: (msg) => {
      got.push(msg.string());
      msg.respond("+ACK");
      pull.onRoom();
    },
    countWaiting: async () => undefined,
    checkSetup: async () => {},
    isFatal: () => true,
    onFatal: (error) => expect.fail(error.message),
    onGone: () => expect.fail("gone"),
    onFailed: (error) => expect.fail(error.message),
    onRecovered: () => {},
  });
  vi.spyOn(w.nc, "publish").mockImplementationOnce(() => {}); // the first pull request never arrives
  pull.start();
  const waiting = async () => (await jsm.consumers.info(defaultNames.requestStream, defaultNames.consumer)).num_waiting;
  await expect.poll(waiting, { timeout: 5_000 }).toBe(1);
  await server.pause();
  // Only the passing of time makes heartbeats missing: two of 200 ms, looked at every 200 ms.
  await new Promise((resolve) => setTimeout(resolve, 900));
  server.resume();
  for (let n = 0; n < 20; n++) await w.nc.request("requests.x", `${n}`);
  await expect.poll(() => got.length, soon).toBe(20);
  expect(new Set(got).size).toBe(20);
  await expect.poll(waiting, soon).toBe(1);
  await pull.stop();
});

test.concurrent("a consumer that was deleted unnoticed closes the responder if that is fatal", async ({ expect }) => {
  await using server = await startTestServer();
  await using w = await harnessOn(server, { storage: "memory" });
  const nc = await w.connect({ reconnectTimeWait: 50, reconnectJitter: 0, maxReconnectAttempts: -1 });
  const fatal = ({ code }: KitError) => code === "not-set-up";
  const bob = await Responder.start(nc, { name: "bob", handlers: orderHandlers, fatal });
  const closed = expect(bob.closed).rejects.toMatchObject({ code: "not-set-up" });
  // In memory, so that the server comes back without it.
  await server.kill();
  await server.restart();
  await closed;
});
