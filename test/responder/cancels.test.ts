// Who may not hear cancels works all the same; one cancel reaches every handler of its request, and nobody else's.
import { headers, type Msg } from "@nats-io/nats-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type HandlerRequest, Requester, Responder, RetryLaterError, setup } from "../../src/index.js";
import { gate, type Harness, type Harnesses, soon, startHarnesses } from "../support/harness.js";
import { startTestServer } from "../support/server.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

const untilStopped = ({ signal }: HandlerRequest) =>
  new Promise<string>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });

test("a cancel has an unknown outcome if the responder may not subscribe to cancels, and its reply counts", async () => {
  await using server = await startTestServer({
    config: `accounts { A { jetstream: enabled, users: [
      { user: all, password: p }
      { user: deaf, password: p, permissions: { subscribe: { deny: ["cancels.>"] } } } ] } }`,
  });
  const nc = await server.connect({ user: "all", pass: "p" });
  await setup(nc);
  const deaf = await server.connect({ user: "deaf", pass: "p" });
  const held = gate();
  const handlers = { "order-bagel": () => held.opened.then(() => "🥯"), "order-tea": "🍵" };
  await using bob = await Responder.start(deaf, { name: "bob", handlers });
  await using alice = await Requester.open(nc, { name: "alice" });
  expect((await alice.request("order-tea")).text).toBe("🍵");
  const bagel = alice.request("order-bagel", "", { timeoutMs: 200, onTimeout: "cancel" });
  expect(await bagel.catch((error) => error)).toMatchObject({
    outcome: "unknown",
    findings: { whereabouts: "running", evidence: expect.stringMatching(/no responder says that it has it$/) },
  });
  held.open();
  expect((await alice.request("order-tea")).text).toBe("🍵");
  await bob.drain();
});

test("a cancel reaches its own request only", async () => {
  await using w = await harnesses.next();
  await w.responder({ handlers: { "order-bagel": untilStopped } });
  const alice = await w.requester({ timeoutMs: 20_000 });
  const [one, two] = ["1", "2"].map((id) => alice.request("order-bagel", "", { id }));
  await w.saw("delivered", () => w.of("delivered").length === 2);
  w.nc.publish("cancels.2", "expired");
  expect(await two).toMatchObject({ status: "expired" });
  expect(await w.saw("replied")).toMatchObject({ request: "2" });
  w.nc.publish("cancels.1");
  expect(await one).toMatchObject({ status: "cancelled" });
  expect(w.of("called-off").map((e) => e.request)).toEqual(["2", "1"]);
});

test("a request that is redelivered while its handler runs runs once, and a cancel aborts it", async () => {
  await using w = await harnesses.next();
  // A living responder keeps what it works on; so the server is told in its name that it gives the request back.
  const redelivered = gate();
  w.nc.subscribe("_INBOX.>", {
    callback: (_, { reply = "" }: Msg) => {
      if (/^\$JS\.ACK\.REQUESTS\.responder\.1\./.test(reply)) w.nc.publish(reply, "-NAK");
      if (/^\$JS\.ACK\.REQUESTS\.responder\.2\./.test(reply)) redelivered.open();
    },
  });
  let begun = 0;
  const handler = (request: HandlerRequest) => {
    begun++;
    return untilStopped(request);
  };
  await w.responder({ handlers: { "order-bagel": handler } });
  const alice = await w.requester({ timeoutMs: 20_000 });
  const call = alice.request("order-bagel", "", { id: "1" });
  await redelivered.opened;
  await w.nc.flush();
  w.nc.publish("cancels.1");
  expect(await call).toMatchObject({ status: "cancelled" });
  expect([begun, w.of("delivered").length, w.of("called-off").length]).toEqual([1, 1, 1]);
  expect([w.of("reply-refused"), await w.count("REPLIES")]).toEqual([[], 1]);
  await expect.poll(() => w.count("REQUESTS")).toBe(0);
});

test.each(["soon", "-5", "1e30", ""])("an invalid deadline, %j, is ignored", async (deadline) => {
  await using w = await harnesses.next();
  await w.responder();
  const h = headers();
  h.set("Nats-Msg-Id", "1");
  h.set("Reply-To", "replies.alice.1");
  h.set("Request-Deadline", deadline);
  await w.nc.request("requests.order-bagel", "", { headers: h, timeout: 5_000 });
  expect(await w.saw("replied")).toMatchObject({ status: "ok" });
});

test("a cancel with Request-Sequence of another message does not stop a request in hand", async () => {
  await using w = await harnesses.next();
  const held = gate();
  const work = ({ signal }: HandlerRequest) => held.opened.then(() => `aborted: ${signal.aborted}`);
  await w.responder({ handlers: { "order-bagel": work } });
  const alice = await w.requester({ timeoutMs: 20_000 });
  const call = alice.request("order-bagel", "", { id: "1" });
  const { sequence } = await w.saw("delivered");
  const h = headers();
  h.set("Request-Sequence", String(sequence + 1));
  const other = w.nc.request("cancels.1", "cancelled", { headers: h, timeout: 300 });
  await expect(other).rejects.toThrow();
  held.open();
  expect((await call).text).toBe("aborted: false");
});

/** As a canceller whose deletion comes at the moment of the delivery: a responder has the request, and the stream has not. */
async function cancelAndDelete({ nc, jsm }: Harness, sequence: number): Promise<void> {
  const h = headers();
  h.set("Request-Sequence", String(sequence));
  expect((await nc.request(`cancels.${sequence}`, "cancelled", { headers: h, timeout: 5_000 })).string()).toBe(
    "in hand",
  );
  await jsm.streams.deleteMessage("REQUESTS", sequence);
}

const statusIn = async ({ jsm }: Harness, id: string) =>
  (await jsm.streams.getMessage("REPLIES", { last_by_subj: `replies.alice.${id}` }))?.header.get("Reply-Status");

describe("a request that was cancelled and deleted while a responder had it ends as cancelled", () => {
  test("if its handler asks for a retry", async () => {
    await using w = await harnesses.next();
    const held = gate();
    const later = () => held.opened.then(() => Promise.reject(new RetryLaterError("later")));
    await w.responder({ handlers: { "order-bagel": later } });
    const alice = await w.requester({ timeoutMs: 20_000 });
    const call = alice.request("order-bagel", "", { id: "1" });
    await w.saw("delivered");
    await cancelAndDelete(w, 1);
    held.open();
    expect(await call).toMatchObject({ status: "cancelled", text: "later" });
    expect(w.of("called-off")).toMatchObject([{ request: "1", begun: true }]);
  });

  test.each(["pause", "drain"] as const)("if it waits for its turn at a %s", async (stop) => {
    await using w = await harnesses.next();
    const held = gate();
    const bob = await w.responder({
      concurrency: 1,
      prefetch: 2,
      handlers: { "order-bagel": () => held.opened.then(() => "🥯") },
    });
    const alice = await w.requester({ timeoutMs: 20_000 });
    const first = alice.request("order-bagel", "", { id: "1" });
    await w.saw("delivered");
    const second = alice.request("order-bagel", "", { id: "2" });
    const consumer = () => w.jsm.consumers.info("REQUESTS", "responder");
    await expect.poll(async () => (await consumer()).num_ack_pending, soon).toBe(2);
    await cancelAndDelete(w, 2);
    const stopped = bob[stop]();
    held.open();
    expect([(await first).status, (await second).status]).toEqual(["ok", "cancelled"]);
    await stopped;
  });

  test("if a drain does not wait for its handler, or for its turn", async () => {
    await using w = await harnesses.next();
    const never = new Promise<string>(() => {});
    const bob = await w.responder({ concurrency: 1, prefetch: 2, handlers: { "order-bagel": () => never } });
    const alice = await w.requester({ timeoutMs: 20_000 });
    await alice.send("order-bagel", "", { id: "1" });
    await alice.send("order-bagel", "", { id: "2" });
    const consumer = () => w.jsm.consumers.info("REQUESTS", "responder");
    await expect.poll(async () => (await consumer()).num_ack_pending, soon).toBe(2);
    for (const sequence of [1, 2]) await cancelAndDelete(w, sequence);
    await bob.drain({ timeoutMs: 50 });
    expect([await statusIn(w, "1"), await statusIn(w, "2")]).toEqual(["cancelled", "cancelled"]);
  });
});
