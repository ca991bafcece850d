// Cancels that meet the delivery of their request: whatever the timing, no request is lost, and none that was told to be
// removed was ever seen by a responder. Hundreds against busy responders, and each moment once, caused by the test.
import { setTimeout as passed } from "node:timers/promises";
import { headers } from "@nats-io/nats-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cancel, type HandlerRequest } from "../../src/index.js";
import { gate, type Harness, type Harnesses, soon, startHarnesses } from "../support/harness.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

const requests = 400;

/** From the newest to the oldest: in the middle they meet the responders, which go the other way. */
async function cancelAll(w: Harness) {
  const clients = await Promise.all([1, 2, 3, 4].map(() => w.connect()));
  const stored = w.of("stored").toReversed();
  return Promise.all(
    stored.map(async ({ request, sequence }, i) => {
      const nc = clients[i % clients.length] as Harness["nc"];
      const handle = { requester: "alice", request, stream: "REQUESTS", sequence };
      return { request, ...(await cancel(nc, handle)) };
    }),
  );
}

test.each([
  ["that ignore their signal", (): Promise<void> => passed(2)],
  ["that heed it", ({ signal }: HandlerRequest) => passed(2, undefined, { signal })],
])("cancels that race with handlers %s have one consistent outcome each", async (_, work) => {
  await using w = await harnesses.next();
  const executed = new Map<string, number>();
  const handlers = {
    "order-bagel": async (request: HandlerRequest) => {
      await work(request);
      executed.set(request.id, (executed.get(request.id) ?? 0) + 1);
      return "🥯";
    },
  };
  const alice = await w.requester({ timeoutMs: 25_000 });
  const calls = Array.from({ length: requests }, (_, n) =>
    alice.request("order-bagel", "", { id: `r${n}` }).then((reply): [string, string] => [`r${n}`, reply.status]),
  );
  await w.saw("stored", () => w.of("stored").length === requests);
  await Promise.all(["bob", "carol"].map((name) => w.responder({ name, handlers, concurrency: 2 })));
  await w.saw("replied");
  const outcomes = await cancelAll(w);
  const statuses = new Map(await Promise.all(calls)); // each has an status: none is lost

  const delivered = new Set(w.of("delivered").map((e) => e.request));
  const tally: Record<string, number> = {};
  for (const { request, outcome } of outcomes) {
    const ran = executed.get(request) ?? 0;
    const fate = `${outcome}, ${delivered.has(request) ? "delivered" : "never delivered"}, ${statuses.get(request)}`;
    tally[fate] = (tally[fate] ?? 0) + 1;
    expect(ran, `${request}: ${fate}`).toBe(statuses.get(request) === "ok" ? 1 : 0);
  }
  console.log(tally);
  const allowed = [
    "removed, never delivered, cancelled",
    "already-running, delivered, ok",
    "already-running, delivered, cancelled",
    "already-answered, delivered, ok",
    "already-answered, delivered, cancelled",
    // The consumer went past it while it was being deleted, and no responder had it.
    "unknown, never delivered, cancelled",
  ];
  expect(Object.keys(tally).filter((fate) => !allowed.includes(fate))).toEqual([]);
  expect(tally["removed, never delivered, cancelled"]).toBeGreaterThan(0);
  expect(await w.count("REQUESTS")).toBe(0);
});

/** A request whose requester waits at an inbox: no mailbox says how it ended. `again` is sent as a replay is, under the same id. */
async function send(w: Harness, id: string, { again = false, replyTo = `_INBOX.nobody.${id}` } = {}) {
  const h = headers();
  h.set("Nats-Msg-Id", again ? `again-${id}` : id);
  if (again) h.set("Request-Id", id);
  h.set("Reply-To", replyTo);
  const ack = await w.nc.request("requests.order-bagel", "", { headers: h, timeout: 5_000 });
  return { requester: "alice", request: id, stream: "REQUESTS", sequence: ack.json<{ seq: number }>().seq };
}

/** One delivery to a responder that is not the kit's; `say` sends its ack. */
async function pull(w: Harness) {
  const subject = "$JS.API.CONSUMER.MSG.NEXT.REQUESTS.responder";
  const options = { timeout: 5_000, noMux: true };
  const msg = await w.nc.request(subject, JSON.stringify({ batch: 1, expires: 5e9 }), options);
  expect(msg.subject).toBe("requests.order-bagel");
  return { say: (word: string) => w.nc.request(msg.reply as string, word, options) };
}

/** A connection on which `meanwhile` happens after the request was found queued and before its deletion is sent. */
async function beforeDeletion(w: Harness, meanwhile: () => Promise<unknown>) {
  const nc = await w.connect();
  const { request } = nc;
  nc.request = async (subject, ...rest) => {
    if (subject === "$JS.API.STREAM.MSG.DELETE.REQUESTS") await meanwhile();
    return request.call(nc, subject, ...rest);
  };
  return nc;
}

test("a request that a responder gets just before its deletion is already running, and its handler is stopped", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester({ timeoutMs: 20_000 });
  const call = alice.request("order-bagel", "", { id: "1" });
  const { sequence } = await w.saw("stored");
  const cancelled = gate();
  const stopsLate = async ({ signal }: HandlerRequest) => {
    await cancelled.opened; // its reply comes after the outcome
    signal.throwIfAborted();
    return "🥯";
  };
  const nc = await beforeDeletion(w, async () => {
    await w.responder({ handlers: { "order-bagel": stopsLate } });
    await w.saw("delivered");
  });
  const handle = { requester: "alice", request: "1", stream: "REQUESTS", sequence };
  const done = await cancel(nc, handle);
  cancelled.open();
  expect(done).toEqual({
    outcome: "already-running",
    evidence: "message 1 was deleted from REQUESTS while the consumer went on to 1; a responder has it in hand",
  });
  expect(await call).toMatchObject({ status: "cancelled", text: "the requester cancelled it" });
  expect(w.of("called-off")).toMatchObject([{ request: "1", begun: true }]);
});

test("a request delivered just before its deletion to a responder that hears no cancels has an unknown fate", async () => {
  await using w = await harnesses.next();
  const handle = await send(w, "1");
  const nc = await beforeDeletion(w, () => pull(w));
  expect(await cancel(nc, handle)).toEqual({
    outcome: "unknown",
    evidence: "message 1 was deleted from REQUESTS while the consumer went on to 1; no responder says that it has it",
  });
});

test("the question whether a responder has a deleted request does not cancel a later request with the same id", async () => {
  await using w = await harnesses.next();
  const handle = await send(w, "1");
  const nc = await beforeDeletion(w, async () => {
    await pull(w);
    await w.responder(); // hears the question, and has nothing in hand
    await w.nc.flush();
  });
  expect(await cancel(nc, handle)).toMatchObject({ outcome: "unknown" });
  await send(w, "1", { again: true });
  expect(await w.saw("replied")).toMatchObject({ request: "1", status: "ok" });
  expect(w.of("called-off")).toEqual([]);
});

test("the newest request is reported as removed if another client deleted it before any delivery", async () => {
  await using w = await harnesses.next();
  const handle = await send(w, "1", { replyTo: "replies.alice.1" });
  await w.jsm.streams.deleteMessage("REQUESTS", handle.sequence);
  expect(await cancel(w.nc, handle)).toMatchObject({
    outcome: "removed",
    evidence: "message 1 has left REQUESTS, and the consumer had delivered up to 0",
    stored: { to: "replies.alice.1" },
  });
});

test("the newest request has an unknown fate if it was acknowledged without a reply", async () => {
  await using w = await harnesses.next();
  const handle = await send(w, "1");
  const delivery = await pull(w);
  await delivery.say("+ACK");
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  expect(await cancel(w.nc, handle)).toEqual({
    outcome: "unknown",
    evidence: "message 1 has left REQUESTS: acknowledged, terminated, expired or deleted",
  });
});
