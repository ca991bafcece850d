// A responder under load: how much it holds, what it does with it when it drains, and what happens when handlers are slow.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Handler, type KitError, NotSetUpError, Responder } from "../../src/index.js";
import { gate, type Harness, type Harnesses, onPublish, soon, startHarnesses } from "../support/harness.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

/** Counts how many handlers are at work, and how often each request was worked on. */
function counting(work: () => Promise<unknown>) {
  const seen = { now: 0, most: 0, ids: [] as string[] };
  const handler: Handler = async ({ id }) => {
    seen.ids.push(id);
    seen.most = Math.max(seen.most, ++seen.now);
    await work();
    seen.now--;
    return id;
  };
  return { seen, handlers: { work: handler } };
}

const consumer = (w: Harness) => w.jsm.consumers.info("REQUESTS", "responder");
const ids = (n: number) => Array.from({ length: n }, (_, i) => `r${i}`);
const ask = async (w: Harness, n: number) => {
  const alice = await w.requester({ timeoutMs: 25_000 });
  return ids(n).map((id) => alice.request("work", "", { id }));
};
const pause = (ms: number) => () => new Promise((resolve) => setTimeout(resolve, ms));

test("a responder uses all of its concurrency and prefetch, and exceeds neither", async () => {
  await using w = await harnesses.next();
  const held = gate();
  const { seen, handlers } = counting(() => held.opened);
  await w.responder({ handlers, concurrency: 4, prefetch: 6 });
  const calls = await ask(w, 50);
  await expect.poll(async () => (await consumer(w)).num_ack_pending, soon).toBe(6);
  await expect.poll(() => seen.now, soon).toBe(4);
  expect((await consumer(w)).num_pending).toBe(44);
  held.open();
  await Promise.all(calls);
  expect(seen.most).toBe(4);
  expect(w.of("delivered").every((e) => e.delivery === 1)).toBe(true);
});

test("prefetched requests stay within the limit under a continuous load", async () => {
  await using w = await harnesses.next();
  const { seen, handlers } = counting(pause(1));
  await w.responder({ handlers, concurrency: 4, prefetch: 4 });
  const calls = Promise.all(await ask(w, 1_000));
  let most = 0;
  let done = false;
  const watched = (async () => {
    while (!done) most = Math.max(most, (await consumer(w)).num_ack_pending);
  })();
  await calls;
  done = true;
  await watched;
  expect(most).toBeGreaterThan(0);
  // Twice the concurrency; acknowledgements on their way are still counted by the server.
  expect(most).toBeLessThanOrEqual(16);
  expect([seen.most, new Set(seen.ids).size, seen.ids.length]).toEqual([4, 1_000, 1_000]);
});

/** What this connection publishes to mailboxes is lost: no PubAck comes. */
function withoutReplies(w: Harness): void {
  const publish = w.nc.publish.bind(w.nc);
  w.nc.publish = (subject, payload, options) => {
    if (!subject.startsWith("replies.")) publish(subject, payload, options);
  };
}

test.concurrent("a handler that has ended makes room for the next one before its reply has its PubAck", async ({
  expect,
}) => {
  await using w = await harnesses.next();
  withoutReplies(w);
  const { seen, handlers } = counting(async () => {});
  const bob = await w.responder({ handlers, concurrency: 2 });
  const alice = await w.requester({ timeoutMs: 25_000 });
  for (const id of ids(30)) await alice.send("work", "", { id });
  await expect.poll(() => seen.ids.length, soon).toBe(30);
  expect(seen.most).toBeLessThanOrEqual(2);
  expect((await consumer(w)).num_ack_pending).toBe(30);
  await bob.drain({ timeoutMs: 0 });
});

test.concurrent("prefetch bounds the requests whose reply has no PubAck, too", async ({ expect }) => {
  await using w = await harnesses.next();
  withoutReplies(w);
  const { seen, handlers } = counting(async () => {});
  const bob = await w.responder({ handlers, concurrency: 2, prefetch: 3 });
  const alice = await w.requester({ timeoutMs: 25_000 });
  for (const id of ids(30)) await alice.send("work", "", { id });
  await expect.poll(() => seen.ids.length, soon).toBe(3);
  expect((await consumer(w)).num_ack_pending).toBe(3);
  await bob.drain({ timeoutMs: 0 });
});

test("a full queue of quick handlers is asked for ahead, and slow handlers end that", async () => {
  await using w = await harnesses.next();
  const held = gate();
  let quick = true;
  const handlers = { work: ({ id }: { id: string }) => (quick ? id : held.opened.then(() => id)) };
  const bob = await w.responder({ handlers, concurrency: 4 });
  const pulls: number[] = [];
  onPublish(w.nc, "$JS.API.CONSUMER.MSG.NEXT.", (_, payload) => pulls.push(JSON.parse(String(payload)).batch));
  const alice = await w.requester({ timeoutMs: 25_000 });
  await Promise.all(ids(2_000).map((id) => alice.request("work", "", { id })));
  expect(Math.max(...pulls)).toBeGreaterThan(4);
  expect(Math.max(...pulls)).toBeLessThanOrEqual(4 + 256);
  quick = false;
  await bob.pause();
  bob.resume();
  const calls = ids(20).map((id) => alice.request("work", "", { id: `slow-${id}` }));
  await expect.poll(async () => (await consumer(w)).num_ack_pending, soon).toBe(4);
  expect((await consumer(w)).num_pending).toBe(16);
  held.open();
  await Promise.all(calls);
});

test.concurrent("requests that wait behind handlers of almost ack_wait are executed once", async ({ expect }) => {
  await using w = await harnesses.next({ ackWaitMs: 2_000 });
  const { seen, handlers } = counting(pause(1_200));
  await w.responder({ handlers, concurrency: 2, prefetch: 4 });
  await Promise.all(await ask(w, 4));
  expect(seen.ids.toSorted()).toEqual(ids(4));
  expect(w.of("reply-refused")).toEqual([]);
});

test.concurrent("a prefetched request older than ack_wait is left to its next delivery", async ({ expect }) => {
  await using w = await harnesses.next({ ackWaitMs: 1_000 });
  const slow = gate();
  const { seen, handlers } = counting(() => slow.opened);
  const bob = await w.responder({ handlers, concurrency: 1, prefetch: 2 });
  const calls = await ask(w, 2);
  await w.saw("delivered");
  const quick = counting(() => Promise.resolve());
  await w.responder({ name: "carol", handlers: quick.handlers });
  await calls[1];
  slow.open();
  await Promise.all(calls);
  await bob.drain();
  expect(seen.ids).toEqual(["r0"]); // at work, so it is kept alive
  expect(quick.seen.ids).toEqual(["r1"]);
  expect(await w.count("REPLIES")).toBe(2);
});

test.concurrent.for([1, 3])(
  "a prefetch that exceeds ack_wait costs no request its %d attempts",
  async (maxDeliver, { expect }) => {
    await using w = await harnesses.next({ ackWaitMs: 1_000, maxDeliver });
    const { seen, handlers } = counting(pause(200));
    await w.responder({ handlers, concurrency: 1, prefetch: 50 });
    const replies = await Promise.all(await ask(w, 20));
    expect(replies.map(({ status }) => status)).toEqual(Array(20).fill("ok"));
    expect(seen.ids.toSorted()).toEqual(ids(20).toSorted());
    // The first pull knows nothing of the handlers; from then on nothing is asked for that would wait too long.
    expect(w.of("returned").length).toBeLessThanOrEqual(20);
  },
);

test("drain() finishes requests at their last delivery", async () => {
  await using w = await harnesses.next({ maxDeliver: 1, ackWaitMs: 600_000 });
  const held = gate();
  const { seen, handlers } = counting(() => held.opened);
  const bob = await w.responder({ handlers, concurrency: 1, prefetch: 8 });
  const calls = await ask(w, 8);
  await expect.poll(async () => (await consumer(w)).num_ack_pending, soon).toBe(8);
  const drained = bob.drain();
  held.open();
  await drained;
  expect(seen.ids.toSorted()).toEqual(ids(8));
  expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(Array(8).fill("ok"));
});

test("two responders share the work, and no request runs twice", async () => {
  await using w = await harnesses.next();
  const [one, two] = [counting(pause(2)), counting(pause(2))];
  await w.responder({ handlers: one.handlers, concurrency: 4 });
  await w.responder({ name: "carol", handlers: two.handlers, concurrency: 4 });
  await Promise.all(await ask(w, 400));
  expect([...one.seen.ids, ...two.seen.ids].toSorted()).toEqual(ids(400).toSorted());
  expect(Math.min(one.seen.ids.length, two.seen.ids.length)).toBeGreaterThan(50);
});

test("drain() finishes running requests, NAKs the rest at once, and loses and repeats none", async () => {
  await using w = await harnesses.next({ ackWaitMs: 600_000 });
  const held = gate();
  const slow = counting(() => held.opened);
  const bob = await w.responder({ handlers: slow.handlers, concurrency: 2, prefetch: 8 });
  const calls = await ask(w, 20);
  await expect.poll(() => slow.seen.now, soon).toBe(2);
  await expect.poll(async () => (await consumer(w)).num_ack_pending, soon).toBe(8);
  const drained = bob.drain();
  const quick = counting(() => Promise.resolve());
  await w.responder({ name: "carol", handlers: quick.handlers });
  // All but the two that bob is still at work on: nobody waits for his handlers, or for ack_wait.
  await Promise.all(calls.slice(2));
  held.open();
  await Promise.all(calls);
  await Promise.all([drained, bob.closed, bob.drain()]);
  expect(slow.seen.ids).toEqual(["r0", "r1"]);
  expect([...slow.seen.ids, ...quick.seen.ids].toSorted()).toEqual(ids(20).toSorted());
  expect(w.of("returned").map((e) => e.reason)).toEqual(Array(6).fill("draining"));
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
});

test("responders that come and go under load answer every request once", async () => {
  await using w = await harnesses.next({ ackWaitMs: 600_000 });
  const { seen, handlers } = counting(pause(1));
  const calls = Promise.all(await ask(w, 600));
  await w.responder({ handlers, concurrency: 2 });
  for (let n = 0; n < 6; n++) {
    const before = seen.ids.length;
    const guest = await w.responder({ name: "guest", handlers, concurrency: 8 });
    await expect.poll(() => seen.ids.length, { ...soon, interval: 5 }).toBeGreaterThan(Math.min(before + 20, 599));
    await guest.drain();
  }
  await calls;
  expect(seen.ids.toSorted()).toEqual(ids(600).toSorted());
  expect(w.of("reply-refused")).toEqual([]);
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
});

test("a consumer or stream that is deleted under a running responder closes it with a clear error if that is fatal", async () => {
  await using w = await harnesses.next();
  const fatal = ({ code }: KitError) => code === "not-set-up";
  const one = await w.responder({ fatal });
  const gone = expect(one.closed).rejects.toThrow(NotSetUpError);
  await (await w.requester()).request("order-bagel");
  await w.jsm.consumers.delete("REQUESTS", "responder");
  await gone;
  await expect(one.closed).rejects.toThrow(/^Consumer responder on REQUESTS cannot be used: .*jsrr setup/);
  await using x = await harnesses.next();
  const two = await x.responder({ fatal });
  const goneToo = expect(two.closed).rejects.toThrow("jsrr setup");
  await x.jsm.streams.delete("REQUESTS");
  await goneToo;
});

test.concurrent("a connection that is closed closes its responder, also in the middle of a handler", async ({
  expect,
}) => {
  await using w = await harnesses.next({ ackWaitMs: 1_000 });
  const nc = await w.connect();
  const held = gate();
  const { seen, handlers } = counting(() => held.opened);
  const bob = await Responder.start(nc, { name: "bob", handlers });
  const [call] = await ask(w, 1);
  await expect.poll(() => seen.now, soon).toBe(1);
  const closed = expect(bob.closed).rejects.toThrow("connection of responder bob was closed");
  await nc.close();
  await closed;
  held.open();
  await bob.drain();
  await w.responder({ name: "carol", handlers: counting(() => Promise.resolve()).handlers });
  expect((await call)?.text).toBe("r0");
});
