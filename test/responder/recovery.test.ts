// Recovery: a responder goes on pulling after its consumer or its stream is made anew, and ends only where it has to.
import { afterAll, expect, test } from "vitest";
import { type HandlerRequest, Responder, setup } from "../../src/index.js";
import { orderHandlers } from "../internal/runner.js";
import { runModule } from "../support/children.js";
import { gate, type Harness, harnessOn, soon, startHarnesses } from "../support/harness.js";
import { startTestServer } from "../support/server.js";

const harnesses = await startHarnesses();
afterAll(() => harnesses[Symbol.asyncDispose]());

const failed = (w: Harness) => w.of("pull-failed").length;

test.concurrent.each(["consumer", "stream"])(
  "a responder goes on when its %s is deleted and made anew",
  async (what) => {
    await using w = await harnesses.next();
    const bob = await w.responder();
    const alice = await w.requester({ timeoutMs: 20_000 });
    await alice.request("order-bagel");
    if (what === "consumer") await w.jsm.consumers.delete("REQUESTS", "responder");
    else await w.jsm.streams.delete("REQUESTS");
    await expect.poll(() => failed(w), soon).toBeGreaterThanOrEqual(3); // each attempt is an event
    expect(w.of("pull-recovered")).toEqual([]);
    await setup(w.nc, { storage: "memory" });
    expect((await alice.request("order-sandwich")).text).toBe("🥪");
    expect(w.of("pull-recovered")).toHaveLength(1);
    expect(w.of("pull-failed")[0]?.error).toMatch(/^Consumer responder on REQUESTS cannot be used: .*jsrr setup/);
    expect(bob.state).toBe("running");
    await bob.drain();
    await expect(bob.closed).resolves.toBeUndefined();
  },
);

test.concurrent("a handler that runs while its consumer is made anew runs once, and its request is acked", async () => {
  await using w = await harnesses.next();
  const held = gate();
  let runs = 0;
  const bake = async () => {
    runs++;
    await held.opened;
    return "bread";
  };
  await w.responder({ handlers: { ...orderHandlers, bake } });
  const alice = await w.requester({ timeoutMs: 20_000 });
  const bread = alice.request("bake");
  await w.saw("delivered");
  await w.jsm.consumers.delete("REQUESTS", "responder");
  await setup(w.nc, { storage: "memory" });
  await w.saw("pull-recovered");
  await alice.request("order-bagel"); // behind the redelivery
  held.open();
  expect((await bread).text).toBe("bread");
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  expect(runs).toBe(1);
});

test.concurrent("a request that was answered before its consumer was made anew is not run again", async () => {
  await using w = await harnesses.next();
  let runs = 0;
  const count = () => `${++runs}`;
  const reply = gate();
  const first = await w.responder({ name: "first", ackDelayMs: 1_000, prefetch: 16, handlers: { count } });
  const alice = await w.requester({ timeoutMs: 20_000, onLateReply: () => reply.open() });
  expect((await alice.request("count")).text).toBe("1"); // its ack waits for others
  await w.jsm.consumers.delete("REQUESTS", "responder");
  await setup(w.nc, { storage: "memory" });
  await w.saw("already-answered");
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  expect(runs).toBe(1);
  expect(first.state).toBe("running");
});

test.concurrent("the end of a request of a deleted stream acks no request of the stream that replaced it", async () => {
  await using w = await harnesses.next();
  const gates = [gate(), gate()];
  const begun = [gate(), gate()];
  let runs = 0;
  const bake = async ({ text }: HandlerRequest) => {
    const n = runs++;
    begun[n]?.open();
    await gates[n]?.opened;
    return text;
  };
  await w.responder({ handlers: { bake }, ackDelayMs: 0 });
  const alice = await w.requester({ timeoutMs: 20_000 });
  const old = alice.request("bake", "old"); // message 1
  await begun[0]?.opened;
  await w.jsm.streams.delete("REQUESTS");
  await setup(w.nc, { storage: "memory" });
  const now = alice.request("bake", "now"); // message 1 again
  await begun[1]?.opened;
  gates[0]?.open();
  expect((await old).text).toBe("old");
  await w.nc.flush();
  expect(await w.count("REQUESTS")).toBe(1);
  gates[1]?.open();
  expect((await now).text).toBe("now");
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
});

test.concurrent("a responder goes on after a restart of a server that lost its streams", async () => {
  await using server = await startTestServer();
  await using w = await harnessOn(server); // in memory
  const nc = await w.connect({ reconnectTimeWait: 50, reconnectJitter: 0, maxReconnectAttempts: -1 });
  const bob = await Responder.start(nc, { name: "bob", handlers: orderHandlers, observe: w.observe });
  await server.kill();
  await server.restart();
  await w.saw("pull-failed");
  await setup(nc, { storage: "memory", ackWaitMs: 600 });
  await w.saw("pull-recovered");
  const alice = await w.requester({ timeoutMs: 20_000 });
  expect((await alice.request("order-bagel")).text).toBe("🥯");
  expect(bob.state).toBe("running");
});

test.concurrent("a responder keeps its requests by the ack wait of the consumer that was made anew", async () => {
  await using w = await harnesses.next({ ackWaitMs: 30_000 });
  const held = gate();
  await w.responder({ handlers: { bake: () => held.opened.then(() => "bread") } });
  await w.jsm.consumers.delete("REQUESTS", "responder");
  await w.saw("pull-failed");
  await setup(w.nc, { storage: "memory", ackWaitMs: 500 });
  await w.saw("pull-recovered");
  const bread = (await w.requester({ timeoutMs: 20_000 })).request("bake");
  await w.saw("delivered");
  // Only the passing of time shows that nothing is redelivered: four times the new ack wait.
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const { num_redelivered } = await w.jsm.consumers.info("REQUESTS", "responder");
  expect(num_redelivered).toBe(0);
  held.open();
  expect((await bread).text).toBe("bread");
});

test.concurrent("a drain ends while the consumer is gone, and a pause lasts beyond it", async () => {
  await using w = await harnesses.next();
  const bob = await w.responder({ observe: () => {} });
  const carol = await w.responder({ name: "carol" });
  await w.jsm.consumers.delete("REQUESTS", "responder");
  await w.saw("pull-failed"); // carol's
  await bob.drain();
  expect(bob.state).toBe("drained");
  await carol.pause();
  await setup(w.nc, { storage: "memory" });
  await w.saw("pull-recovered");
  expect(carol.state).toBe("paused");
  const alice = await w.requester({ timeoutMs: 20_000 });
  const call = alice.request("order-bagel");
  await call.stored;
  carol.resume();
  expect((await call).text).toBe("🥯");
});

test.concurrent("a consumer that became a push consumer is reported, and pulled from when it is a pull consumer again", async () => {
  await using w = await harnesses.next();
  await w.responder();
  const { config } = await w.jsm.consumers.info("REQUESTS", "responder");
  await w.jsm.consumers.delete("REQUESTS", "responder");
  await w.jsm.consumers.add("REQUESTS", {
    ...config,
    max_waiting: undefined,
    deliver_subject: "pushed",
  } as typeof config);
  await w.saw("pull-failed", ({ error }) => /push consumer/.test(error));
  await w.jsm.consumers.delete("REQUESTS", "responder");
  await w.jsm.consumers.add("REQUESTS", config);
  expect((await (await w.requester({ timeoutMs: 20_000 })).request("order-bagel")).text).toBe("🥯");
});

test.concurrent("without the permission to pull a responder ends, and says so on stderr if nothing reads closed", async () => {
  const deny = `publish: { deny: "$JS.API.CONSUMER.MSG.NEXT.>" }`;
  const config = `accounts { A { jetstream: enabled, users: [{ user: a, password: a }, { user: b, password: b, permissions: { ${deny} } }] } }`;
  await using server = await startTestServer({ config });
  await setup(await server.connect({ user: "a", pass: "a" }), { storage: "memory" });
  const entry = new URL("../../dist/index.js", import.meta.url).href;
  const script = (then: string) => `
    import { openConnection, Responder } from ${JSON.stringify(entry)};
    const nc = await openConnection({ servers: ${JSON.stringify(server.url)}, user: "b", password: "b" });
    const bob = await Responder.start(nc, { name: "bob", handlers: {} });
    ${then}
    const ended = setInterval(() => bob.state === "drained" && (clearInterval(ended), nc.close()), 10);
  `;
  const { code, stderr } = await runModule(script(""));
  expect(code).toBe(0);
  expect(stderr).toContain("Responder bob has ended: ");
  expect(stderr).toContain("$JS.API.CONSUMER.MSG.NEXT.REQUESTS.responder");
  const read = await runModule(script("bob.closed.catch((error) => console.log(error.code));"));
  expect(read).toEqual({ code: 0, stdout: "not-permitted\n", stderr: "" });
});
