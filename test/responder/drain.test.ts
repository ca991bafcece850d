// Draining: a limit ends the wait for handlers that hang, and their requests go to other responders.
import { jetstream } from "@nats-io/jetstream";
import { afterAll, beforeAll, test } from "vitest";
import { type Handler, InvalidInputError, Responder, type ResponderEvent, RetryLaterError } from "../../src/index.js";
import { Link } from "../internal/link.js";
import { gate, type Harness, type Harnesses, soon, startHarnesses } from "../support/harness.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

const inHand = async (w: Harness) => (await w.jsm.consumers.info("REQUESTS", "responder")).num_ack_pending;

const ask = async (w: Harness, orders: Record<string, string>) => {
  const alice = await w.requester({ timeoutMs: 25_000 });
  return Object.entries(orders).map(([id, order]) => alice.request(order, "", { id }));
};

/** A link to the server, which can hold back what the two sides send. */
const openLink = () =>
  Link.open({
    target: () => ({ host: "127.0.0.1", port: Number(new URL(harnesses.server.url).port) }),
    random: () => 0.5,
  });

/** Handlers that end only when the gate opens, or when they are told to: each in a way of its own. */
function hanging() {
  const { opened, open } = gate();
  const told: string[] = [];
  const stopped = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => {
        told.push((signal.reason as Error).message);
        resolve();
      });
    });
  const handlers: Record<string, Handler> = {
    deaf: ({ signal }) => {
      void stopped(signal);
      return opened.then(() => "too late");
    },
    throws: ({ signal }) =>
      stopped(signal).then(() => {
        throw new Error("stopped");
      }),
    retries: ({ signal }) =>
      stopped(signal).then(() => {
        throw new RetryLaterError("stopped");
      }),
    answers: ({ signal }) => stopped(signal).then(() => "in the last moment"),
    async *parts({ signal }) {
      await stopped(signal);
      yield "a part";
      return "and the rest";
    },
  };
  return { open, opened, told, handlers };
}

const fromCarol: Record<string, string> = {
  ...{ deaf: "from carol", throws: "from carol", retries: "from carol", answers: "from carol" },
  ...{ parts: "from carol" },
};

test.concurrent("drain() with a limit lists and NAKs hanging requests, which are redelivered at once, and drops their late results", async ({
  expect,
}) => {
  await using w = await harnesses.next({ ackWaitMs: 600_000 });
  const { open, told, handlers } = hanging();
  const bob = await w.responder({ handlers, concurrency: 5, prefetch: 7 });
  const orders = { a: "deaf", b: "throws", c: "retries", d: "answers", e: "parts", f: "deaf", g: "deaf" };
  const calls = await ask(w, orders);
  await expect.poll(() => inHand(w), soon).toBe(7);
  // The server counts what it has sent; what has not arrived here is not begun.
  await expect.poll(() => w.of("delivered").length, soon).toBe(5);
  const { left } = await bob.drain({ timeoutMs: 200 });
  expect(left).toEqual(["a", "b", "c", "d", "e"]);
  expect(told).toEqual(Array(5).fill("the responder stops"));
  expect(w.of("returned").map(({ request, reason }) => `${request} ${reason}`)).toEqual([
    "f draining",
    "g draining",
    ...left.map((id) => `${id} still at work when the time to drain was over`),
  ]);
  expect(bob.state).toBe("drained");
  expect(await w.count("REQUESTS")).toBe(7);
  open();
  await w.saw("executed", ({ request }) => request === "a");
  expect([w.of("replied"), w.of("acked"), w.of("terminated")]).toEqual([[], [], []]);
  await w.responder({ name: "carol", handlers: fromCarol });
  expect((await Promise.all(calls)).map(({ status, text }) => `${status} ${text}`)).toEqual(
    Array(7).fill("ok from carol"),
  );
  expect(w.of("reply-refused")).toEqual([]);
  expect(await w.count("REPLIES")).toBe(7);
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
});

test.concurrent("drain() finishes running requests within the limit, and `left` is empty", async ({ expect }) => {
  await using w = await harnesses.next();
  const { open, told, handlers } = hanging();
  const bob = await w.responder({ handlers });
  const [call] = await ask(w, { a: "deaf" });
  await w.saw("delivered");
  const drained = bob.drain({ timeoutMs: 600_000 });
  open();
  expect(await drained).toEqual({ left: [] });
  expect([(await call)?.text, told]).toEqual(["too late", []]);
});

test.concurrent("a second drain() shortens the limit, a third cannot extend it, and all return the same result", async ({
  expect,
}) => {
  await using w = await harnesses.next({ ackWaitMs: 600_000 });
  const { opened, open, handlers } = hanging();
  const bob = await w.responder({ handlers });
  const [call] = await ask(w, { a: "deaf" });
  await w.saw("delivered");
  await expect(bob.drain({ timeoutMs: -1 })).rejects.toThrow(
    new InvalidInputError("Expected timeoutMs to be 0 to 2147483647 milliseconds, got -1."),
  );
  expect(bob.state).toBe("running");
  const forEver = bob.drain().then(() => "drained");
  expect(await Promise.race([forEver, w.nc.flush().then(() => "waits")])).toBe("waits");
  const now = bob.drain({ timeoutMs: 0 });
  const later = bob.drain({ timeoutMs: 600_000 });
  expect(await Promise.all([now, later])).toEqual([{ left: ["a"] }, { left: ["a"] }]);
  await Promise.all([forEver, bob.closed]);
  expect(await bob.drain({ timeoutMs: 5 })).toEqual({ left: ["a"] });
  await w.responder({ name: "carol", handlers: fromCarol });
  expect((await call)?.text).toBe("from carol");
  open();
  await opened;
});

test("drain() of a drained responder starts no timer, and refuses an invalid limit", async ({ expect }) => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  await using w = await harnesses.next();
  const bob = await w.responder();
  await bob.drain();
  const before = timers();
  expect(await bob.drain({ timeoutMs: 60_000 })).toEqual({ left: [] });
  expect(timers()).toBe(before);
  await expect(bob.drain({ timeoutMs: -1 })).rejects.toThrow(InvalidInputError);
});

test.concurrent("a last attempt that arrives after the drain is NAKed, not executed, and becomes a dead letter", async ({
  expect,
}) => {
  await using w = await harnesses.next({ serverMaxDeliver: 1, ackWaitMs: 600_000 });
  await using link = await openLink();
  const nc = await w.connect({ servers: link.url });
  const bob = await Responder.start(nc, { name: "bob", handlers: { deaf: "from bob" }, observe: w.observe });
  await nc.flush(); // the server has the pull request
  const restore = await link.apply({ blackHole: true });
  const [call] = await ask(w, { a: "deaf" });
  await expect.poll(() => inHand(w), soon).toBe(1);
  expect(await bob.drain()).toEqual({ left: [] });
  expect(w.of("returned")).toEqual([]);
  // Before the NAK: 2.9.10 counts a delivery again that is NAKed while no responder pulls.
  await w.responder({ name: "carol", handlers: fromCarol });
  await restore();
  await expect.poll(() => w.of("returned"), soon).toMatchObject([{ request: "a", reason: "draining" }]);
  expect(await call).toMatchObject({ status: "dead-lettered" });
  expect([w.of("delivered"), w.of("executed")]).toEqual([[], []]);
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
});

test.concurrent("a redelivery that drain() abandons while its mailbox is read runs no handler", async ({ expect }) => {
  await using w = await harnesses.next({ ackWaitMs: 600_000 });
  const [call] = await ask(w, { a: "deaf" });
  const consumer = await jetstream(w.nc).consumers.get("REQUESTS", "responder");
  (await consumer.next())?.nak();
  await using link = await openLink();
  const nc = await w.connect({ servers: link.url });
  let restore: Promise<() => Promise<void>> | undefined;
  const observe = (event: ResponderEvent) => {
    if (event.type === "delivered") restore = link.apply({ blackHole: true }); // the read gets no answer
    w.observe(event);
  };
  const bob = await Responder.start(nc, { name: "bob", handlers: { deaf: "from bob" }, observe });
  expect((await w.saw("delivered")).delivery).toBeGreaterThan(1); // 2.9.10 counts the NAK as one more
  expect(await bob.drain({ timeoutMs: 0 })).toEqual({ left: ["a"] });
  await (await restore)?.();
  await nc.flush(); // the read has its answer
  await w.responder({ name: "carol", handlers: fromCarol });
  expect((await call)?.text).toBe("from carol");
  expect(w.of("executed")).toHaveLength(1);
});

test.concurrent("a request that drain() aborts at its last delivery becomes a dead letter", async ({ expect }) => {
  await using w = await harnesses.next({ maxDeliver: 1, ackWaitMs: 1_000 });
  const { handlers } = hanging();
  const bob = await w.responder({ handlers, concurrency: 1, prefetch: 2 });
  const calls = await ask(w, { a: "throws", b: "throws" });
  await expect.poll(() => inHand(w), soon).toBe(2);
  expect(await bob.drain({ timeoutMs: 0 })).toEqual({ left: ["a", "b"] });
  expect(w.of("delivered").map(({ request }) => request)).toEqual(["a"]); // b was not begun any more
  await w.responder({ name: "carol", handlers: fromCarol });
  const why = "dead-lettered delivered once, and no attempt came to an end";
  expect((await Promise.all(calls)).map(({ status, text }) => `${status} ${text}`)).toEqual([why, why]);
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
});

test.concurrent("a request whose reply is being stored at the limit is NAKed once, and found answered at its redelivery", async ({
  expect,
}) => {
  await using w = await harnesses.next({ ackWaitMs: 600_000 });
  const { config } = await w.jsm.streams.info("REPLIES");
  await w.jsm.streams.update("REPLIES", { ...config, no_ack: true }); // stored, and never confirmed
  const bob = await w.responder({ handlers: { deaf: "from bob" } });
  const [call] = await ask(w, { a: "deaf" });
  expect((await call)?.text).toBe("from bob");
  // There already: 2.9.10 counts a delivery anew that was given back while nobody pulled.
  await w.responder({ name: "carol", handlers: fromCarol });
  expect(await bob.drain({ timeoutMs: 0 })).toEqual({ left: ["a"] });
  await w.nc.flush();
  expect(w.of("returned").map(({ request }) => request)).toEqual(["a"]);
  await w.saw("already-answered");
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  expect(w.of("executed")).toHaveLength(1);
});

test.concurrent("drain() on a closed connection lists what is left, which the server redelivers after ack_wait", async ({
  expect,
}) => {
  await using w = await harnesses.next({ ackWaitMs: 1_000 });
  const nc = await w.connect();
  const { told, handlers } = hanging();
  const bob = await Responder.start(nc, { name: "bob", handlers, observe: w.observe });
  const [call] = await ask(w, { a: "deaf" });
  await w.saw("delivered");
  await nc.close();
  await expect(bob.closed).rejects.toThrow("The connection of responder bob was closed.");
  expect(await bob.drain({ timeoutMs: 0 })).toEqual({ left: ["a"] });
  expect([told, w.of("returned")]).toEqual([["the responder stops"], []]);
  await w.responder({ name: "carol", handlers: fromCarol });
  expect((await call)?.text).toBe("from carol");
});
