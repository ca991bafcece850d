// The outcome `removed` after a kill, another leader or a consumer made anew: what the server has forgotten proves nothing.
import { headers } from "@nats-io/nats-core";
import type { NatsConnection } from "@nats-io/transport-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cancel, collect, locate, Requester, RequestTimeoutError, setup } from "../../src/index.js";
import { defaultNames } from "../internal/protocol.js";
import { Withdrawal } from "../internal/requester.js";
import { gate, type Harnesses, harnessOn, soon, startHarnesses } from "../support/harness.js";
import { clusterReady, startTestCluster, startTestServer } from "../support/server.js";
import { serverLacks } from "../support/server-version.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

/** A request of alice, with her mailbox as its address. */
async function send(nc: NatsConnection, id: string, subject = "requests.order-bagel") {
  const h = headers();
  h.set("Nats-Msg-Id", id);
  h.set("Reply-To", `replies.alice.${id}`);
  const ack = await nc.request(subject, "", { headers: h, timeout: 5_000 });
  return { requester: "alice", request: id, stream: "REQUESTS", sequence: ack.json<{ seq: number }>().seq };
}

/** One delivery to a responder that answers no cancel. */
async function pull(nc: NatsConnection) {
  const subject = "$JS.API.CONSUMER.MSG.NEXT.REQUESTS.responder";
  const msg = await nc.request(subject, JSON.stringify({ batch: 1, expires: 5e9 }), { timeout: 5_000, noMux: true });
  expect(msg.subject).toBe("requests.order-bagel");
}

test("a request that a consumer delivered before it was made anew is not removed, and its mailbox says cancelled", async () => {
  await using w = await harnesses.next();
  const handle = await send(w.nc, "1");
  await pull(w.nc);
  await w.jsm.consumers.delete("REQUESTS", "responder");
  const none = "a consumer that was removed may have delivered it";
  await setup(w.nc, { storage: "memory" });
  expect(await locate(w.nc, handle)).toMatchObject({
    where: "queued",
    evidence: expect.stringMatching(/is unknown: consumer responder was created after the request was stored/),
  });
  expect(await cancel(w.nc, handle)).toMatchObject({
    outcome: "unknown",
    evidence: expect.stringMatching(
      /^message 1 was deleted .* consumer responder was created after the request was stored/,
    ),
    stored: { to: "replies.alice.1" },
  });
  expect(await collect(w.nc, handle)).toMatchObject({ status: "cancelled", text: "as its requester wished" });
  const later = await send(w.nc, "2");
  expect(await cancel(w.nc, later)).toMatchObject({ outcome: "removed" });
  const last = await send(w.nc, "3");
  await w.jsm.consumers.delete("REQUESTS", "responder");
  expect(await cancel(w.nc, last)).toMatchObject({ outcome: "unknown", evidence: expect.stringContaining(none) });
  expect(await w.count("REQUESTS")).toBe(0);
});

test("a request that was at work when its server was killed is not removed, and a request sent later is", async () => {
  await using server = await startTestServer();
  await using w = await harnessOn(server, { storage: "file" });
  const handle = await send(w.nc, "1");
  await pull(w.nc);
  await server.kill();
  await server.restart();
  await expect.poll(() => w.count("REQUESTS").catch(() => 0), soon).toBe(1);
  const result = await cancel(w.nc, handle);
  expect(result.outcome).toBe("unknown");
  const later = await send(w.nc, "2");
  // From another connection too: the server lists this one, which is older than the request.
  expect(await cancel(await w.connect(), later)).toMatchObject({ outcome: "removed" });
});

test("a responder that has a request in hand answers after the server was killed, and its reply counts", async () => {
  await using server = await startTestServer();
  await using w = await harnessOn(server, { storage: "file" });
  const held = gate();
  await w.responder({ handlers: { "order-bagel": () => held.opened.then(() => "🥯") } });
  const handle = await send(w.nc, "1");
  await w.saw("delivered");
  await server.kill();
  await server.restart();
  await expect.poll(() => w.count("REQUESTS").catch(() => 0), soon).toBe(1);
  await w.nc.flush();
  expect(await cancel(w.nc, handle)).toMatchObject({
    outcome: "already-running",
    evidence: expect.stringMatching(/a responder has it in hand$/),
  });
  held.open();
  expect(await collect(w.nc, handle, { timeoutMs: 20_000 })).toMatchObject({ status: "ok", text: "🥯" });
});

test("a request that waits behind others at a responder is in hand there, and is not begun after its cancel", async () => {
  await using w = await harnesses.next();
  const held = gate();
  const handlers = { "order-bagel": () => held.opened.then(() => "🥯") };
  await w.responder({ handlers, concurrency: 1, prefetch: 2 });
  await send(w.nc, "1");
  const second = await send(w.nc, "2");
  await expect
    .poll(async () => (await w.jsm.consumers.info("REQUESTS", "responder")).delivered.stream_seq, soon)
    .toBe(second.sequence);
  expect(await cancel(w.nc, second)).toMatchObject({ outcome: "already-running" });
  held.open();
  expect(await collect(w.nc, second, { timeoutMs: 20_000 })).toMatchObject({ status: "cancelled" });
  expect(w.of("executed")).toMatchObject([{ request: "1" }]);
});

test("a withdrawal that the frozen server did not answer in time is finished when it answers", async () => {
  await using server = await startTestServer();
  await using w = await harnessOn(server);
  const alice = await w.requester({ timeoutMs: 300, onTimeout: "cancel" });
  const call = alice.request("order-bagel", "", { id: "1" }).catch((error) => error);
  await w.saw("stored");
  await server.pause();
  const error = await call;
  expect(error).toBeInstanceOf(RequestTimeoutError);
  expect(error).toMatchObject({ outcome: "unknown" });
  server.resume();
  expect(await w.saw("withdrawn")).toMatchObject({ request: "1", withdrawn: "removed", status: "cancelled" });
  expect(await w.saw("status-stored")).toMatchObject({ request: "1", to: "replies.alice.1" });
  expect(await w.count("REQUESTS")).toBe(0);
  expect(await collect(w.nc, error.handle)).toMatchObject({ status: "cancelled" });
});

test.each(["request", "cancel"])(
  "of a removed request (%s) whose status no stream takes for a moment the status is stored later, and it stays removed",
  async (how) => {
    await using w = await harnesses.next();
    const alice = await w.requester({ timeoutMs: how === "request" ? 300 : 60_000, onTimeout: "cancel" });
    const call = alice.request("order-bagel", "", { id: "1" }).catch((error) => error);
    const { sequence } = await w.saw("stored");
    const { config } = await w.jsm.streams.info("REPLIES");
    await w.jsm.streams.update("REPLIES", { ...config, subjects: ["replies.other"] });
    const handle = { requester: "alice", request: "1", stream: "REQUESTS", sequence };
    const ended = how === "request" ? await call : await cancel(w.nc, handle);
    const evidence = expect.stringMatching(/status could not be stored: No stream takes replies.alice.1/);
    expect(ended).toMatchObject(how === "request" ? { findings: { evidence } } : { evidence });
    expect(ended).toMatchObject({ outcome: "removed" });
    // As if its leader were away: the queue cannot prove anything any more.
    await w.jsm.streams.delete("REQUESTS");
    await w.jsm.streams.update("REPLIES", config);
    expect(await collect(w.nc, handle, { timeoutMs: 20_000 })).toMatchObject({
      status: "cancelled",
      text: "before any responder had it",
    });
    if (how === "cancel") return;
    expect(await w.saw("withdrawn")).toMatchObject({ withdrawn: "removed", status: "cancelled" });
    expect(w.of("status-stored")).toMatchObject([{ request: "1", to: "replies.alice.1" }]);
    expect(alice.orphanedReplies).toBe(0);
  },
);

test("a delivered request that its time to live has removed gets its status from its requester", async () => {
  await using w = await harnesses.next();
  const handle = await send(w.nc, "1");
  await pull(w.nc);
  await w.jsm.streams.deleteMessage("REQUESTS", handle.sequence); // as the server does then
  const withdrawal = new Withdrawal(w.nc, defaultNames, handle, "expired");
  expect(await withdrawal.end(await withdrawal.attempt())).not.toHaveProperty("stored");
  withdrawal.lifeIsOver = true;
  expect(await withdrawal.finish()).toMatchObject({ outcome: "unknown", stored: { to: "replies.alice.1" } });
  expect(await collect(w.nc, handle)).toMatchObject({ status: "expired" });
});

test.skipIf(serverLacks("the time since which a consumer has its leader", "2.12.0"))(
  "with three copies a request from before another leader is not removed, and a request sent later is",
  async () => {
    await using cluster = await startTestCluster();
    await clusterReady(cluster);
    const nc = await cluster.connect(cluster.nodes[0]?.name as string);
    await setup(nc, { replicas: 3 });
    const leader = async () => {
      const info = await nc.request("$JS.API.CONSUMER.INFO.REQUESTS.responder", "", { timeout: 5_000 });
      return info.json<{ cluster: { leader?: string; leader_since: string }; ts: string }>();
    };
    const settled = async () => {
      const { cluster, ts } = await leader();
      return cluster.leader ? Date.parse(ts) - Date.parse(cluster.leader_since) : 0;
    };
    await using alice = await Requester.open(nc, { name: "alice", sendOnly: true });
    await expect.poll(settled, soon).toBeGreaterThan(1_000); // the clocks of three servers may differ
    const ordinary = await alice.send("order-bagel");
    expect(await cancel(nc, ordinary)).toMatchObject({ outcome: "removed" });
    const before = await alice.send("order-bagel");
    await nc.request("$JS.API.CONSUMER.LEADER.STEPDOWN.REQUESTS.responder", "", { timeout: 5_000 });
    await expect.poll(settled, soon).toBeGreaterThan(1_000);
    expect(await cancel(nc, before)).toMatchObject({
      outcome: "unknown",
      evidence: expect.stringMatching(/has another leader since the request was stored/),
    });
    const after = await alice.send("order-bagel");
    expect(await cancel(nc, after)).toMatchObject({ outcome: "removed" });
    // As before nats-server 2.12, which does not say it.
    const older = await cluster.connect(cluster.nodes[0]?.name as string);
    const { request } = older;
    older.request = async (subject, ...more) => {
      const msg = await request.call(older, subject, ...more);
      if (!subject.startsWith("$JS.API.CONSUMER.INFO.")) return msg;
      const text = msg.string().replace(/"leader_since":"[^"]+",?/, "");
      return Object.create(msg, { data: { value: new TextEncoder().encode(text) } });
    };
    expect(await cancel(older, await alice.send("order-bagel"))).toMatchObject({
      outcome: "unknown",
      evidence: expect.stringMatching(/does not say since when consumer responder has its leader/),
      stored: { to: expect.stringMatching(/^replies\.alice\./) },
    });
  },
  60_000,
);
