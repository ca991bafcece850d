// A responder that rests: what it has begun is finished, what it has not begun goes to others, and it goes on afterwards.
import type { NatsConnection } from "@nats-io/nats-core";
import { afterAll, beforeAll, test } from "vitest";
import { type Handler, observeConnection, Responder } from "../../src/index.js";
import { orderHandlers } from "../internal/runner.js";
import { gate, type Harness, type Harnesses, soon, startHarnesses } from "../support/harness.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

const consumer = (w: Harness) => w.jsm.consumers.info("REQUESTS", "responder");

/** A handler that holds on to its request until the gate opens. */
function holding() {
  const held = gate();
  const begun: string[] = [];
  const handler: Handler = async ({ id }) => {
    begun.push(id);
    await held.opened;
    return id;
  };
  return { open: held.open, begun, handlers: { work: handler } };
}

const ask = async (w: Harness, ids: string[]) => {
  const alice = await w.requester({ timeoutMs: 25_000 });
  return ids.map((id) => alice.request("work", "", { id }));
};

test.concurrent("pause() finishes running requests, and NAKs the rest for other responders", async ({ expect }) => {
  await using w = await harnesses.next();
  const { open, begun, handlers } = holding();
  const bob = await w.responder({ handlers, concurrency: 1, prefetch: 4 });
  const calls = await ask(w, ["a", "b", "c", "d", "e"]);
  await expect.poll(async () => (await consumer(w)).num_ack_pending, soon).toBe(4);
  const paused = bob.pause();
  expect([bob.state, bob.pause()]).toEqual(["pausing", expect.any(Promise)]);
  await w.saw("returned", (e) => e.request === "d");
  expect(await Promise.race([paused.then(() => "paused"), w.nc.flush().then(() => "busy")])).toBe("busy");
  expect(w.of("returned").map(({ request, reason }) => `${request} ${reason}`)).toEqual(
    ["b", "c", "d"].map((id) => `${id} pausing`),
  );
  const carol = await w.responder({ name: "carol", handlers: { work: "from carol" } });
  expect((await Promise.all(calls.slice(1))).map(({ text }) => text)).toEqual(Array(4).fill("from carol"));
  open();
  await paused;
  expect([(await calls[0])?.text, bob.state, begun]).toEqual(["a", "paused", ["a"]]);
  expect(w.of("paused")).toHaveLength(1);
  await carol.drain();
});

test.concurrent("a paused responder pulls nothing, even after a reconnect, and has its full prefetch after resume()", async ({
  expect,
}) => {
  await using w = await harnesses.next();
  const { open, begun, handlers } = holding();
  const bob = await w.responder({ handlers, concurrency: 1, prefetch: 4 });
  // Once with something to give back: its room has to be free again afterwards.
  const first = await ask(w, ["a", "b", "c", "d"]);
  await expect.poll(async () => [begun.length, (await consumer(w)).num_ack_pending], soon).toEqual([1, 4]);
  const paused = bob.pause();
  await w.saw("returned");
  open();
  await paused;
  const back = gate();
  observeConnection(w.nc, ({ type }) => type === "reconnected" && back.open());
  await w.nc.reconnect();
  await back.opened;
  const alice = await w.requester({ name: "alice2", timeoutMs: 25_000 });
  const later = alice.request("work", "", { id: "later" });
  await w.saw("stored", (e) => e.request === "later");
  expect(await consumer(w)).toMatchObject({ num_pending: 1, num_waiting: 0 });
  expect(w.of("delivered").some(({ request }) => request === "later")).toBe(false);
  bob.resume();
  expect(bob.state).toBe("running");
  await Promise.all([...first, later]);
  const more = Array.from({ length: 50 }, () => alice.request("work"));
  await Promise.all(more);
  expect(w.of("resumed")).toHaveLength(1);
});

test.concurrent("resume() ends a pause in progress, and drain() ends both", async ({ expect }) => {
  await using w = await harnesses.next();
  const { open, begun, handlers } = holding();
  const bob = await w.responder({ handlers, concurrency: 1 });
  const [held] = await ask(w, ["a"]);
  await expect.poll(() => begun, soon).toEqual(["a"]);
  const paused = bob.pause();
  bob.resume();
  await paused;
  expect([bob.state, w.of("paused")]).toEqual(["running", []]);
  open();
  await held;
  await bob.pause();
  await bob.drain();
  await bob.pause();
  expect(bob.state).toBe("drained");
  expect(() => bob.resume()).toThrow("Responder bob is drained; start another one.");
});

test.concurrent("pause() finishes a request at its last attempt", async ({ expect }) => {
  await using w = await harnesses.next({ maxDeliver: 1 });
  const { open, begun, handlers } = holding();
  const bob = await w.responder({ handlers, concurrency: 1, prefetch: 3 });
  const calls = await ask(w, ["a", "b", "c"]);
  await expect.poll(async () => (await consumer(w)).num_ack_pending, soon).toBe(3);
  const paused = bob.pause();
  open();
  await Promise.all(calls);
  await paused;
  expect([begun, w.of("returned"), w.of("dead-lettered")]).toEqual([["a", "b", "c"], [], []]);
});

test.concurrent("a closed connection ends a paused responder, and leaves no timer", async ({ expect }) => {
  await using w = await harnesses.next();
  const nc = await w.connect();
  const bob = await Responder.start(nc, { name: "bob", handlers: orderHandlers, observe: w.observe });
  await bob.pause();
  await nc.close();
  await expect(bob.closed).rejects.toThrow("The connection of responder bob was closed.");
  await bob.drain();
  expect(() => bob.resume()).toThrow("Responder bob is drained; start another one.");
  await bob.pause();
  expect([bob.state, w.events.map(({ type }) => type)]).toEqual(["drained", ["paused", "drained"]]);
  const [call] = await ask(w, ["a"]);
  await w.responder({ name: "carol", handlers: { work: "from carol" } });
  expect((await call)?.text).toBe("from carol");
});

test.concurrent("a responder whose connection closes during pause() does not report paused", async ({ expect }) => {
  await using w = await harnesses.next({ ackWaitMs: 1_000 });
  const told = async (nc: NatsConnection, name: string, until: () => Promise<unknown>) => {
    const { open, begun, handlers } = holding();
    const bob = await Responder.start(nc, { name, observe: w.observe, handlers, concurrency: 1, prefetch: 2 });
    await expect.poll(async () => [begun.length, (await consumer(w)).num_ack_pending], soon).toEqual([1, 2]);
    const before = w.events.length;
    const paused = bob.pause();
    await until();
    const closed = expect(bob.closed).rejects.toThrow(`The connection of responder ${name} was closed.`);
    await nc.close();
    await closed;
    expect(bob.state).toBe("draining"); // its handler is at work
    open();
    await Promise.all([paused, bob.drain()]);
    expect(bob.state).toBe("drained");
    return w.events.slice(before).map(({ type }) => type);
  };
  const calls = await ask(w, ["a", "b"]);
  // What it has begun ends without a reply: nobody could say that it has finished or given back what it had.
  const returned = ["returned", "executed", "drained"];
  expect(await told(await w.connect(), "bob", () => w.saw("returned"))).toEqual(returned);
  // The server has not even heard of the pause, and never answers.
  const unheard = await told(await w.connect(), "ben", async () => {});
  expect(unheard).toEqual(["executed", "drained"]);
  await w.responder({ name: "carol", handlers: { work: "from carol" } });
  expect((await Promise.all(calls)).map(({ text }) => text)).toEqual(["from carol", "from carol"]);
});
