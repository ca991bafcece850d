// The last attempt on a real server: copied to DEAD_LETTERS, told to the requester, and only then terminated.
import { jetstream } from "@nats-io/jetstream";
import { headers } from "@nats-io/nats-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { InvalidInputError, RetryLaterError } from "../../src/index.js";
import { type Harness, type Harnesses, replyStatus, soon, startHarnesses } from "../support/harness.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

const broken = {
  "order-stew": () => {
    throw new RetryLaterError("the stove\r\nis cold");
  },
};
const letter = (w: Harness, seq = 1) => w.jsm.streams.getMessage("DEAD_LETTERS", { seq });
const stuck = async (w: Harness) => {
  const { num_pending, num_ack_pending } = await w.jsm.consumers.info("REQUESTS", "responder");
  return { pending: num_pending, ackPending: num_ack_pending, held: await w.count("REQUESTS") };
};

test.concurrent("a request that fails at its last delivery becomes a dead letter with a dead-lettered reply", async ({
  expect,
}) => {
  await using w = await harnesses.next({ maxDeliver: 3 });
  await w.responder({ handlers: broken, retry: { firstMs: 1 } });
  const alice = await w.requester();
  const reply = await alice.request("order-stew", "no onions", { id: "lunch", timeoutMs: 20_000 });
  expect(reply).toMatchObject({ status: "dead-lettered", text: "the stove\r\nis cold" });
  await w.saw("terminated");
  const told = ["delivered", "returned", "dead-lettered", "replied", "terminated"];
  expect(w.events.map((e) => e.type).filter((type) => told.includes(type))).toEqual(
    ["delivered", "returned", "delivered", "returned", "delivered", "dead-lettered"].concat("replied", "terminated"),
  );
  const stored = await letter(w);
  expect([stored?.subject, stored?.string()]).toEqual(["dead-letters.order-stew", "no onions"]);
  const facts = [...(stored?.header ?? [])].map(([name, values]) => [name, values[0]]);
  expect(Object.fromEntries(facts)).toEqual({
    "Reply-To": "replies.alice.lunch",
    "Request-Subject": "requests.order-stew",
    "Dead-Letter-Reason": "the stove is cold",
    "Dead-Letter-Subject": "requests.order-stew",
    "Dead-Letter-Sequence": "1",
    "Dead-Letter-Deliveries": "3",
    "Dead-Letter-Consumer": "responder",
    "Dead-Letter-Request-Id": "lunch",
    "Dead-Letter-Reply-To": "replies.alice.lunch",
    "Nats-Expected-Stream": "DEAD_LETTERS",
    "Nats-Msg-Id": "dead-letter-1-lunch",
  });
  await expect.poll(() => stuck(w), soon).toEqual({ pending: 0, ackPending: 0, held: 0 });
});

test.concurrent("maxAttempts dead-letters a request before the server's max_deliver", async ({ expect }) => {
  await using w = await harnesses.next();
  await w.responder({ handlers: broken, retry: { firstMs: 1 }, maxAttempts: 2 });
  const reply = await (await w.requester()).request("order-stew", "", { timeoutMs: 20_000 });
  expect(reply.status).toBe("dead-lettered");
  expect((await letter(w))?.header.get("Dead-Letter-Deliveries")).toBe("2");
});

test.concurrent("an ordinary error at the last attempt is not a dead letter", async ({ expect }) => {
  await using w = await harnesses.next({ maxDeliver: 1 });
  await w.responder({ handlers: { "order-stew": () => Promise.reject(new Error("no pot")) } });
  expect(await (await w.requester()).request("order-stew")).toMatchObject({ status: "error" });
  expect(await w.count("DEAD_LETTERS")).toBe(0);
});

test.concurrent("a dead letter keeps the request's headers except those that act on a publish", async ({ expect }) => {
  await using w = await harnesses.next({ maxDeliver: 1 });
  await w.responder({ handlers: broken });
  const h = headers();
  const own = { "x-reply-to": "replies.nest.7", "x-correlation-id": "7", traceparent: "00-1-2-03" };
  const acting = { "Nats-Msg-Id": "m", "Nats-Expected-Stream": "REQUESTS", "Dead-Letter-Reason": "forged" };
  for (const [name, value] of Object.entries({ ...own, ...acting })) h.set(name, value);
  h.append("tag", "a");
  h.append("tag", "b");
  await w.nc.request("requests.order-stew", "", { headers: h, timeout: 5_000 });
  await w.saw("terminated");
  const kept = (await letter(w))?.header;
  for (const [name, value] of Object.entries(own)) expect(kept?.get(name)).toBe(value);
  expect(kept?.values("tag")).toEqual(["a", "b"]);
  expect(kept?.values("Dead-Letter-Reason")).toEqual(["the stove is cold"]);
  expect(kept?.get("Dead-Letter-Request-Id")).toBe("7");
  expect(kept?.get("Nats-Msg-Id")).toBe("dead-letter-1-7");
});

test.concurrent.each([
  ["is full", (w: Harness) => w.jsm.streams.update("DEAD_LETTERS", { max_msgs: 1 }), /maximum messages/],
  ["does not exist", (w: Harness) => w.jsm.streams.delete("DEAD_LETTERS"), /run `jsrr setup`/],
])("a dead letter is kept without a dead-lettered reply if DEAD_LETTERS %s", async (_, hinder, why) => {
  await using w = await harnesses.next();
  await w.nc.request("dead-letters.x", "");
  await hinder(w);
  await w.responder({ handlers: broken, maxAttempts: 1 });
  void (await w.requester()).request("order-stew", "", { id: "lunch", timeoutMs: 20_000 }).catch(() => {});
  expect((await w.saw("not-stored")).reason).toMatch(why);
  expect([await w.count("REQUESTS"), await w.count("REPLIES")]).toEqual([1, 0]);
  expect([w.of("delivered").length, w.of("returned")]).toEqual([1, []]);
});

test.concurrent("a dead letter that is kept is stored once there is room", async ({ expect }) => {
  await using w = await harnesses.next();
  await w.nc.request("dead-letters.x", "");
  await w.jsm.streams.update("DEAD_LETTERS", { max_msgs: 1 });
  await w.responder({ handlers: broken, maxAttempts: 1 });
  const asked = (await w.requester()).request("order-stew", "", { timeoutMs: 20_000 });
  await w.saw("not-stored");
  await w.jsm.streams.purge("DEAD_LETTERS");
  expect((await asked).status).toBe("dead-lettered");
  expect(await w.count("DEAD_LETTERS")).toBe(1);
});

test.concurrent("a reply address in DEAD_LETTERS is refused", async ({ expect }) => {
  await using w = await harnesses.next();
  await w.responder();
  const h = headers();
  h.set("Reply-To", "dead-letters.order-bagel");
  await w.nc.request("requests.order-bagel", "", { headers: h, timeout: 5_000 });
  expect((await w.saw("terminated")).reason).toMatch(/not allowed/);
  expect(await w.count("DEAD_LETTERS")).toBe(0);
});

test.each([0, 1.5, Number.NaN])("maxAttempts %d is refused", async (maxAttempts) => {
  await using w = await harnesses.next();
  await expect(w.responder({ maxAttempts })).rejects.toThrow(InvalidInputError);
});

test("no acknowledged request is taken for stuck in a stream that keeps acknowledged messages", async () => {
  await using w = await harnesses.next(false);
  const stream = (name: string, ...subjects: string[]) =>
    w.jsm.streams.add({ name, subjects, storage: "memory", allow_direct: true });
  await stream("REQUESTS", "requests.*");
  await stream("REPLIES", "replies.*.*");
  await stream("DEAD_LETTERS", "dead-letters.*");
  await w.jsm.consumers.add("REQUESTS", {
    ...{ durable_name: "responder", ack_policy: "explicit", max_deliver: 3, ack_wait: 1e9 },
  });
  const bob = await w.responder();
  const alice = await w.requester({ reply: "inbox" });
  expect((await alice.request("order-bagel")).status).toBe("ok");
  await w.saw("acked");
  await bob.drain();
  // It looks when it starts, before it pulls; a drain waits for that.
  const info = () => w.jsm.consumers.info("REQUESTS", "responder");
  await expect.poll(async () => (await info()).num_ack_pending, soon).toBe(0);
  const carol = await w.responder({ name: "carol" });
  expect((await alice.request("order-bagel")).status).toBe("ok");
  await carol.drain();
  expect([await w.count("REQUESTS"), await w.count("DEAD_LETTERS")]).toEqual([2, 0]);
});

test.concurrent("a redelivered request that has a dead-lettered reply is terminated, not acked", async ({ expect }) => {
  await using w = await harnesses.next();
  const call = (await w.requester()).request("order-stew", "", { id: "1", timeoutMs: 20_000 });
  const consumer = await jetstream(w.nc).consumers.get("REQUESTS", "responder");
  const msg = await consumer.next(); // as a responder that stores the reply, and crashes before the termination
  await jetstream(w.nc).publish("replies.alice.1", "no attempt succeeded", replyStatus("dead-lettered"));
  expect(await call).toMatchObject({ status: "dead-lettered" });
  msg?.nak();
  await w.responder({ handlers: broken });
  expect(await w.saw("already-answered")).toMatchObject({ request: "1", status: "dead-lettered" });
  expect(await w.saw("terminated")).toMatchObject({ request: "1", reason: "dead-lettered before" });
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  expect([w.of("acked"), await w.count("DEAD_LETTERS")]).toEqual([[], 0]);
});
