// Requests beyond max_deliver, found in the stream: ended if it is proven that the server delivers them no more, and never otherwise.
import { jetstream } from "@nats-io/jetstream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { locate, RetryLaterError, setup } from "../../src/index.js";
import { type Harness, type Harnesses, soon, startHarnesses } from "../support/harness.js";
import { serverLacks } from "../support/server-version.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

const consumer = async (w: Harness) => (await w.jsm.consumers.info("REQUESTS", "responder")) as never as Counts;
interface Counts {
  num_ack_pending: number;
  num_pending: number;
  num_redelivered: number;
  ack_floor: { stream_seq: number };
}

/** Delivers the next request `times` times to a process that crashes; no responder learns of the advisory. */
async function crash(w: Harness, times: number): Promise<void> {
  const pulls = await jetstream(w.nc).consumers.get("REQUESTS", "responder");
  for (let n = 0; n < times; n++) (await pulls.next({ expires: 5_000 }))?.nak();
  // At a pull the server notices that there is nothing left to deliver, and its advisory reaches no responder.
  await pulls.next({ expires: 1_000 });
}

test.concurrent("a stuck request is found under a steady load of other requests", async ({ expect }) => {
  await using w = await harnesses.next({ serverMaxDeliver: 2, ackWaitMs: 1_000 });
  const alice = await w.requester({ timeoutMs: 30_000 });
  const call = alice.request("stew", "no onions", { id: "lunch" });
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(1);
  await crash(w, 2);
  // One request after the other: the consumer's counts are hardly ever 0 at a scan, but they are 0 between two requests.
  let isOver = false;
  const load = async () => {
    while (!isOver) await alice.request("bagel");
  };
  const bagel = () => new Promise<string>((resolve) => setTimeout(() => resolve("🥯"), 20));
  await w.responder({ ackDelayMs: 0, handlers: { bagel, stew: () => "🍲" } });
  const loaded = load();
  const reply = await call;
  isOver = true;
  await loaded;
  expect(reply).toMatchObject({ status: "dead-lettered", text: "delivered 2 times, and no attempt came to an end" });
  expect(w.of("dead-lettered")).toHaveLength(1);
});

test.concurrent("a stuck request is reported while DEAD_LETTERS is full, and ended once there is room", async ({
  expect,
}) => {
  await using w = await harnesses.next({ serverMaxDeliver: 2, ackWaitMs: 1_000 });
  await w.nc.request("dead-letters.x", "");
  await w.jsm.streams.update("DEAD_LETTERS", { max_msgs: 1 });
  const call = (await w.requester({ timeoutMs: 30_000 })).request("stew", "no onions", { id: "lunch" });
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(1);
  await crash(w, 2);
  await w.responder({ handlers: { stew: "🍲" } });
  expect(await w.saw("not-stored")).toMatchObject({
    request: "lunch",
    reason: expect.stringMatching(/maximum messages/),
  });
  expect(await w.count("REQUESTS")).toBe(1);
  await w.jsm.streams.purge("DEAD_LETTERS");
  expect((await call).status).toBe("dead-lettered");
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
});

test.concurrent("a stuck request of another consumer of the queue is left to its own responders", async ({
  expect,
}) => {
  await using w = await harnesses.next({ serverMaxDeliver: 3, ackWaitMs: 1_000 });
  const add = (name: string, filter: string) =>
    w.jsm.consumers.add("REQUESTS", {
      ...{ durable_name: name, filter_subject: filter, ack_policy: "explicit", ack_wait: 60e9, max_deliver: 3 },
    });
  await w.jsm.consumers.delete("REQUESTS", "responder");
  await add("bakery", "requests.bagel");
  await add("kitchen", "requests.stew");
  const alice = await w.requester({ timeoutMs: 20_000, reply: "inbox" });
  // In hand of a responder of the second team, and before the requests of the first.
  void alice.request("stew", "", { id: "in-hand" }).catch(() => {});
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(1);
  const kitchen = await jetstream(w.nc).consumers.get("REQUESTS", "kitchen");
  await kitchen.next({ expires: 5_000 });
  const bob = await w.responder({ consumer: "bakery", handlers: { bagel: "🥯" } });
  for (let n = 0; n < 3; n++) expect((await alice.request("bagel")).text).toBe("🥯");
  await bob.drain();
  await (await w.responder({ consumer: "bakery", handlers: {} })).drain(); // it scans when it starts
  expect([await w.count("REQUESTS"), await w.count("DEAD_LETTERS")]).toEqual([1, 0]);
});

const metadata = serverLacks("metadata of consumers, so that the server counts the attempts", "2.10.0");
const keepsInterest = serverLacks("an interest stream that keeps what a consumer has not acked", "2.10.0");
const mirrors = serverLacks("a work queue that keeps what its mirror does not have", "2.14.0");

test.concurrent("an acked request that another consumer of an interest stream has not acked is no dead letter", async ({
  expect,
}) => {
  await using w = await harnesses.next(false);
  await w.jsm.streams.add({ name: "REQUESTS", subjects: ["requests.*"], storage: "memory", retention: "interest" });
  await w.jsm.streams.add({ name: "REPLIES", subjects: ["replies.*.*"], storage: "memory", allow_direct: true });
  await w.jsm.streams.add({
    name: "DEAD_LETTERS",
    subjects: ["dead-letters.*"],
    storage: "memory",
    allow_direct: true,
  });
  await w.jsm.consumers.add("REQUESTS", {
    ...{ durable_name: "responder", ack_policy: "explicit", max_deliver: 3, ack_wait: 1e9 },
  });
  await w.jsm.consumers.add("REQUESTS", { durable_name: "audit", ack_policy: "all", filter_subject: "requests.*" });
  const alice = await w.requester({ timeoutMs: 20_000, reply: "inbox" });
  let attempts = 0;
  const handlers = {
    // A redelivery: with none, the counts prove at once that nothing is stuck.
    pay: () => {
      attempts++;
      if (attempts === 1) throw new RetryLaterError("busy", { delayMs: 1 });
      return "paid";
    },
  };
  const bob = await w.responder({ handlers });
  for (let n = 0; n < 5; n++) expect((await alice.request("pay")).text).toBe("paid");
  await bob.drain();
  await (await w.responder({ name: "carol", handlers })).drain();
  expect([await w.count("REQUESTS"), await w.count("DEAD_LETTERS")]).toEqual([5, 0]);
  const audit = await jetstream(w.nc).consumers.get("REQUESTS", "audit");
  for (let n = 0; n < 5; n++) (await audit.next({ expires: 5_000 }))?.ack();
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
});

// 2.9.10 deletes the request at the ack of the other consumer (docs/server-versions.md).
test
  .skipIf(keepsInterest)
  .concurrent(
    "a stuck request that another consumer of the stream does not have yet is reported, and then ended",
    async ({ expect }) => {
      await using w = await harnesses.next({ serverMaxDeliver: 2, ackWaitMs: 1_000 });
      const { config } = await w.jsm.streams.info("REQUESTS");
      const own = await w.jsm.consumers.info("REQUESTS", "responder");
      await w.jsm.streams.delete("REQUESTS");
      await w.jsm.streams.add({ ...config, retention: "interest" });
      await w.jsm.consumers.add("REQUESTS", own.config);
      await w.jsm.consumers.add("REQUESTS", { durable_name: "audit", ack_policy: "all", filter_subject: "requests.*" });
      const alice = await w.requester({ timeoutMs: 30_000 });
      const call = alice.request("stew", "no onions", { id: "lunch" });
      await expect.poll(() => w.count("REQUESTS"), soon).toBe(1);
      await crash(w, 2);
      await w.responder({ handlers: { bagel: "🥯" } });
      expect(await w.saw("stuck")).toMatchObject({
        request: "lunch",
        reason: expect.stringMatching(/consumer audit of the stream does not have it yet/),
      });
      expect([await w.count("REQUESTS"), await w.count("DEAD_LETTERS")]).toEqual([1, 0]);
      // An answered one that the audit does not have is not stuck.
      expect(await alice.request("bagel")).toMatchObject({ text: "🥯" });
      const audit = await jetstream(w.nc).consumers.get("REQUESTS", "audit");
      (await audit.next({ expires: 5_000 }))?.ack();
      expect(await call).toMatchObject({ status: "dead-lettered" });
      expect(w.of("stuck")).toHaveLength(1);
    },
  );

test.skipIf(mirrors)(
  "answered requests that a mirror does not have yet are no dead letters, and reach it when it returns",
  async () => {
    await using w = await harnesses.next({ serverMaxDeliver: 3, ackWaitMs: 1_000 });
    await w.jsm.streams.add({ name: "AUDIT", mirror: { name: "REQUESTS" }, storage: "memory" });
    const names = async () => (await w.jsm.consumers.list("REQUESTS").next()).map(({ name }) => name);
    await expect.poll(async () => (await names()).length, soon).toBe(2);
    const alice = await w.requester({ timeoutMs: 20_000, reply: "inbox" });
    let attempts = 0;
    const handlers = {
      pay: () => {
        attempts++;
        if (attempts === 1) throw new RetryLaterError("busy", { delayMs: 1 });
        return "paid";
      },
    };
    const bob = await w.responder({ handlers });
    for (let n = 0; n < 5; n++) expect((await alice.request("pay")).text).toBe("paid");
    await bob.drain();
    for (let n = 0; n < 3; n++) await (await w.responder({ name: `carol-${n}`, handlers })).drain(); // each scans
    expect(await w.count("DEAD_LETTERS")).toBe(0);
    const record = async () => (await w.jsm.streams.info("AUDIT")).state.messages;
    await expect.poll(record, soon).toBe(5);
    expect(w.of("dead-lettered")).toEqual([]);
  },
);

test.skipIf(metadata)("what an earlier max_deliver left behind is ended when a responder starts", async () => {
  await using w = await harnesses.next({ serverMaxDeliver: 1, ackWaitMs: 1_000 });
  const alice = await w.requester({ timeoutMs: 20_000 });
  const call = alice.request("stew", "no onions", { id: "lunch" });
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(1);
  await crash(w, 1);
  await setup(w.nc, { storage: "memory", maxDeliver: 3, ackWaitMs: 1_000, update: true });
  expect((await consumer(w)).num_ack_pending).toBe(0);
  await w.responder({ handlers: { stew: "🍲" } });
  expect(await call).toMatchObject({
    ...{
      status: "dead-lettered",
      text: "delivered as often as an earlier max_deliver allowed, and no attempt came to an end",
    },
  });
});

test.skipIf(metadata)("the limit of setup keeps a request deliverable after its last attempt crashed", async () => {
  await using w = await harnesses.next({ maxDeliver: 2, ackWaitMs: 1_000 });
  const sent = await (await w.requester()).send("stew", "no onions", { id: "lunch" });
  await crash(w, 4);
  expect((await locate(w.nc, sent)).where).not.toBe("stuck");
  await w.responder({ handlers: { stew: "🍲" } });
  expect((await w.saw("dead-lettered")).reason).toMatch(/^delivered 5 times, and no attempt came to an end$/);
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
});
