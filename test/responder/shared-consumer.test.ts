// A shared consumer: responders with different handlers pull from it, and each request reaches one that has a handler.
import { headers } from "@nats-io/nats-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  InvalidInputError,
  locate,
  planSetup,
  Responder,
  RetryLaterError,
  ServerTooOldError,
} from "../../src/index.js";
import { planFor } from "../internal/stream-setup.js";
import { gate, type Harness, type Harnesses, soon, startHarnesses } from "../support/harness.js";
import { serverLacks } from "../support/server-version.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

const lacks = serverLacks("metadata of consumers", "2.10.0");
const attempts = async (w: Harness) =>
  Object.keys((await w.jsm.streams.info("REPLIES", { subjects_filter: "attempts.>" })).state.subjects ?? {})
    .map((subject) => Number(subject.split(".").at(-1)))
    .sort();

test.skipIf(lacks)("each request is answered by the team that has a handler", async () => {
  await using w = await harnesses.next({ shared: true });
  await w.responder({ name: "drinks", handlers: { "drinks.*": ({ subject }) => `drinks: ${subject}` } });
  await w.responder({ name: "food", handlers: { "food.*": ({ subject }) => `food: ${subject}` } });
  const alice = await w.requester({ timeoutMs: 30_000 });
  const subjects = Array.from({ length: 60 }, (_, n) => `${n % 3 === 0 ? "drinks" : "food"}.no-${n}`);
  const replies = await Promise.all(subjects.map((subject) => alice.request(subject)));
  expect(replies.map(({ status, text }) => `${status} ${text}`)).toEqual(
    subjects.map((subject) => `ok ${subject.split(".")[0]}: ${subject}`),
  );
  expect(w.of("executed")).toHaveLength(60);
  expect(w.of("terminated")).toEqual([]);
});

test("without `shared` a responder rejects what it has no handler for", async () => {
  await using w = await harnesses.next();
  await w.responder({ handlers: { "food.*": "food" } });
  const reply = await (await w.requester()).request("drinks.tea");
  expect(reply).toMatchObject({ status: "rejected", text: "no such order: drinks.tea" });
});

test.skipIf(lacks)("a request waits in the queue for the team that is away, and status says so", async () => {
  await using w = await harnesses.next({ shared: true });
  await w.responder({ name: "food", handlers: { "food.*": "food" } });
  const alice = await w.requester();
  const handle = await alice.send("drinks.tea");
  await w.saw("returned", ({ reason }) => reason === "no handler here for drinks.tea");
  expect(await locate(w.nc, handle)).toMatchObject({
    where: "running",
    evidence: expect.stringContaining("shared by responders with different handlers"),
  });
  await w.responder({ name: "drinks", handlers: { "drinks.*": "drinks" } });
  expect(await alice.collect(handle, { timeoutMs: 30_000 })).toMatchObject({ status: "ok", text: "drinks" });
});

test.skipIf(lacks)("the delay grows with each delivery", async () => {
  await using w = await harnesses.next({ shared: true });
  await w.responder({ handlers: {} });
  await (await w.requester()).send("drinks.tea");
  const delivered = async (n: number) => {
    await w.saw("delivered", ({ delivery }) => delivery === n);
    return performance.now();
  };
  const first = await delivered(1);
  // 20, 40, 80, 160 and 320 ms: 620 ms, less a moment until the test sees the first delivery. Without growth they are 100 ms.
  expect((await delivered(6)) - first).toBeGreaterThan(545);
});

test.skipIf(lacks)("deliveries to a responder without a handler use up no attempt", async () => {
  await using w = await harnesses.next({ shared: true, maxDeliver: 2 });
  await w.responder({ name: "food", handlers: { "food.*": "food" } });
  const alice = await w.requester();
  const handle = await alice.send("drinks.tea");
  await w.saw("returned", () => w.of("returned").length >= 4);
  const counts: number[] = [];
  const fails = gate();
  await w.responder({
    name: "drinks",
    retry: { firstMs: 1 },
    handlers: {
      "drinks.*": ({ deliveryCount }) => {
        counts.push(deliveryCount);
        if (counts.length === 2) fails.open();
        throw new RetryLaterError("the kettle is cold");
      },
    },
  });
  await fails.opened;
  const reply = await alice.collect(handle, { timeoutMs: 30_000 });
  expect(reply).toMatchObject({ status: "dead-lettered", text: "the kettle is cold" });
  expect(counts).toHaveLength(2);
  expect(counts[0]).toBeGreaterThan(4);
  expect(await attempts(w)).toEqual([0, 1, 2]);
});

test.skipIf(lacks)("a first attempt counts, and an attempt that crashed does", async () => {
  await using w = await harnesses.next({ shared: true, maxDeliver: 3, ackWaitMs: 500 });
  const other = await w.connect();
  const started = gate();
  const crashed = await Responder.start(other, {
    handlers: { tea: () => new Promise<string>(() => started.open()) },
    observe: w.observe,
  });
  const alice = await w.requester();
  const handle = await alice.send("tea");
  await started.opened;
  await other.close(); // its handler has begun, and nothing comes of it
  await crashed.closed.catch(() => {});
  let ran = 0;
  await w.responder({
    retry: { firstMs: 1 },
    handlers: {
      tea: () => {
        ran++;
        throw new RetryLaterError("cold");
      },
    },
  });
  expect(await alice.collect(handle, { timeoutMs: 30_000 })).toMatchObject({ status: "dead-lettered" });
  expect(ran).toBe(2);
  expect(await attempts(w)).toEqual([2, 3]);
});

test.skipIf(lacks)("without a limit of attempts no number is stored", async () => {
  await using w = await harnesses.next({ shared: true });
  await w.responder({ name: "food", handlers: { food: "food" } });
  const alice = await w.requester();
  const handle = await alice.send("tea");
  await w.saw("returned");
  await w.responder({ name: "drinks", handlers: { tea: "tea" } });
  expect(await alice.collect(handle, { timeoutMs: 30_000 })).toMatchObject({ text: "tea" });
  expect(await attempts(w)).toEqual([]);
});

test.skipIf(lacks)("a cancelled request ends at a responder without a handler", async () => {
  await using w = await harnesses.next({ shared: true });
  await w.responder({ handlers: { food: "food" } });
  const alice = await w.requester();
  const handle = await alice.send("tea");
  await w.saw("returned");
  await alice.cancel(handle);
  expect(await alice.collect(handle, { timeoutMs: 30_000 })).toMatchObject({ status: "cancelled" });
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
});

test.skipIf(lacks)("a drain returns what waits, and the other team answers it", async () => {
  await using w = await harnesses.next({ shared: true, maxDeliver: 1 });
  const food = await w.responder({ name: "food", handlers: { food: "food" } });
  const alice = await w.requester();
  const handles = await Promise.all(["1", "2", "3"].map((id) => alice.send("tea", "", { id })));
  await w.saw("returned", () => w.of("returned").length >= 3);
  await food.drain();
  await w.responder({ name: "drinks", handlers: { tea: "tea" } });
  for (const handle of handles) {
    expect(await alice.collect(handle, { timeoutMs: 30_000 })).toMatchObject({ status: "ok", text: "tea" });
  }
});

test.skipIf(lacks)("a request by another client is passed on, too", async () => {
  await using w = await harnesses.next({ shared: true });
  await w.responder({ name: "food", handlers: { food: "food" } });
  await w.responder({ name: "drinks", handlers: { "*.tea": ({ pattern }) => pattern } });
  const h = headers();
  h.set("Nats-Msg-Id", "1");
  h.set("Reply-To", "replies.zoe.1");
  await w.nc.request("requests.green.tea", "", { headers: h, timeout: 5_000 });
  await w.saw("replied");
  const stored = await w.jsm.streams.getMessage("REPLIES", { last_by_subj: "replies.zoe.1" });
  expect(stored?.string()).toBe("*.tea");
});

test.skipIf(lacks)("`unmatched` is refused on a shared consumer", async () => {
  await using w = await harnesses.next({ shared: true });
  const refused = Responder.start(w.nc, { handlers: {}, unmatched: "silent" });
  await expect(refused).rejects.toThrow(InvalidInputError);
  await expect(refused).rejects.toThrow(/no option unmatched on consumer responder, which is shared/);
});

test("a server without metadata of consumers is too old for `shared`", () => {
  const plan = planSetup({ shared: true });
  expect(() => planFor({ info: { version: "2.9.25" } }, plan)).toThrow(ServerTooOldError);
  expect(() => planFor({ info: { version: "2.9.25" } }, plan)).toThrow(/2\.10\.0 or newer.*2\.9\.25/);
});
