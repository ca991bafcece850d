// The same request id twice, from different connections and processes: one execution where the server can know it, and
// always one reply, which the second caller gets, too.
import { afterAll, beforeAll, expect, test } from "vitest";
import { collect, Requester, Responder, RetryLaterError, setup } from "../../src/index.js";
import { jsrr } from "../support/cli.js";
import { gate, type Harness, type Harnesses, isAck, replyStatus, soon, startHarnesses } from "../support/harness.js";
import { startTestServer } from "../support/server.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

/** Replies differently each time, so that a second execution shows. */
function counting() {
  let times = 0;
  return { "order-stew": () => `stew ${++times}` };
}

/** Far longer than a test: what comes, comes without waiting for a time-out. */
const patient = { id: "lunch", timeoutMs: 600_000 };
const anotherAlice = async (w: Harness) => Requester.open(await w.connect(), { name: "alice", observe: w.observe });

test("the second caller of a duplicate within the window gets the first reply on its own connection", async () => {
  await using w = await harnesses.next();
  await w.responder({ handlers: counting() });
  const first = await (await w.requester()).request("order-stew", "", patient);
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  await using again = await anotherAlice(w);
  expect((await again.request("order-stew", "", patient)).text).toBe(first.text);
  expect(w.of("executed")).toHaveLength(1);
  expect(w.of("stored").map((e) => e.duplicate)).toEqual([false, true]);
});

test("both callers of a duplicate get the reply of the running request", async () => {
  await using w = await harnesses.next();
  const slow = gate();
  await w.responder({ handlers: { "order-stew": () => slow.opened.then(() => "stew") } });
  await using again = await anotherAlice(w);
  const first = (await w.requester()).request("order-stew", "", patient);
  await w.saw("delivered");
  const second = again.request("order-stew", "", patient);
  await w.saw("stored", (e) => e.duplicate);
  slow.open();
  expect((await Promise.all([first, second])).map((r) => r.text)).toEqual(["stew", "stew"]);
  expect(w.of("executed")).toHaveLength(1);
});

/** The handler has her request in hand, and ends when the gate is opened. */
async function atWorkForAlice(w: Harness) {
  const slow = gate();
  await w.responder({ handlers: { "order-stew": () => slow.opened.then(() => "stew") } });
  const first = (await w.requester()).request("order-stew", "", patient);
  await w.saw("delivered");
  return { slow, first };
}

test("a duplicate of two requesters with different names runs once, and both get the reply, also much later", async () => {
  await using w = await harnesses.next();
  const { slow, first } = await atWorkForAlice(w);
  const carol = await w.requester({ name: "carol" });
  const second = carol.request("order-stew", "", patient);
  await w.saw("stored", (e) => e.duplicate);
  slow.open();
  expect((await Promise.all([first, second])).map((r) => r.text)).toEqual(["stew", "stew"]);
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  const dora = await w.requester({ name: "dora" });
  expect((await dora.request("order-stew", "", patient)).text).toBe("stew");
  expect(w.of("executed")).toHaveLength(1);
});

test("a requester that may not subscribe to another's mailbox continues, and reads the reply if it may", async () => {
  await using server = await startTestServer({
    config: `accounts { A { jetstream: enabled, users: [
      { user: all, password: p }
      { user: carol, password: p, permissions: { subscribe: { deny: ["replied.alice.>"] } } } ] } }`,
  });
  const nc = await server.connect({ user: "all", pass: "p" });
  await setup(nc, { storage: "memory" });
  await using _bob = await Responder.start(nc, { name: "bob", handlers: { "order-stew": "stew" } });
  await using alice = await Requester.open(nc, { name: "alice" });
  await alice.request("order-stew", "", patient);
  const other = await server.connect({ user: "carol", pass: "p" });
  await using carol = await Requester.open(other, { name: "carol" });
  expect((await carol.request("order-stew", "", patient)).text).toBe("stew");
  expect((await carol.request("order-stew")).text).toBe("stew");
});

test("the first of two requesters to time out gets a handle that collects the reply", async () => {
  await using w = await harnesses.next();
  const { slow, first } = await atWorkForAlice(w);
  const carol = await w.requester({ name: "carol" });
  const gaveUp = await carol.request("order-stew", "", { id: "lunch", timeoutMs: 200 }).catch((e) => e);
  expect(gaveUp.handle).toMatchObject({ requester: "alice", request: "lunch" });
  slow.open();
  await first;
  expect(await collect(w.nc, gaveUp.handle)).toMatchObject({ text: "stew" });
});

test("a duplicate from another process within the window gets the first reply", async () => {
  await using w = await harnesses.next();
  await w.responder();
  const env = { NATS_URL: harnesses.server.url.replace("//", `//${w.user}:w@`) };
  const args = ["request", "order-bagel", "--id", "lunch", "--json"];
  const told = [await jsrr(args, { env }), await jsrr(args, { env })];
  expect(told.map(({ code, stdout }) => [code, JSON.parse(stdout).payload])).toEqual(Array(2).fill([0, "🥯"]));
  expect(w.of("executed")).toHaveLength(1);
});

test("an id outside the window runs again, and the second caller gets the first reply at once", async () => {
  await using w = await harnesses.next({ duplicateWindowMs: 100 });
  await w.responder({ handlers: counting() });
  const alice = await w.requester();
  expect((await alice.request("order-stew", "", patient)).text).toBe("stew 1");
  await forgotten(w);
  await using again = await anotherAlice(w);
  expect((await again.request("order-stew", "", patient)).text).toBe("stew 1");
  expect(w.of("executed")).toHaveLength(2);
  expect((await w.saw("reply-refused")).request).toBe("lunch");
  expect(w.of("already-answered")).toEqual([]); // first deliveries are not looked up
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  expect(await w.count("REPLIES")).toBe(1);
});

test("a reply that is repeated for one caller is not a second reply for another", async () => {
  await using w = await harnesses.next({ duplicateWindowMs: 100 });
  await w.responder({ handlers: counting() });
  const alice = await w.requester();
  await alice.request("order-stew", "", patient);
  await forgotten(w);
  await using again = await anotherAlice(w);
  await again.request("order-stew", "", patient);
  expect(w.of("received")).toHaveLength(2); // one for each call
  expect(alice.waiting).toBe(0);
});

test("a redelivered request that another responder answers while the mailbox is read does not run again", async () => {
  await using w = await harnesses.next();
  let runs = 0;
  const later = () => {
    runs++;
    throw new RetryLaterError("later", { delayMs: 1 });
  };
  const ask = w.nc.request.bind(w.nc);
  w.nc.request = async (subject, payload, options) => {
    const answer = await ask(subject, payload, options);
    const isLook = /MSG\.GET\.REPLIES/.test(subject);
    if (!isLook || (await w.count("REPLIES")) > 0) return answer;
    await ask("replies.alice.lunch", "by carol", replyStatus());
    await new Promise((done) => setTimeout(done, 500)); // this process is held up
    return answer;
  };
  await w.responder({ handlers: { "order-bagel": later } });
  const alice = await w.requester({ timeoutMs: 20_000 });
  expect((await alice.request("order-bagel", "", { id: "lunch" })).text).toBe("by carol");
  await w.saw("already-answered");
  expect(runs).toBe(1);
});

test("a redelivered request whose reply is stored is not executed again", async () => {
  await using w = await harnesses.next({ ackWaitMs: 500 });
  const bob = await w.responder({ handlers: counting() });
  // The ack is lost on its way, as in a crash.
  const publish = w.nc.publish.bind(w.nc);
  w.nc.publish = (subject, payload, options) => {
    if (!isAck(payload)) return publish(subject, payload, options);
    w.nc.publish = publish;
  };
  const reply = await (await w.requester()).request("order-stew", "", patient);
  expect(reply.text).toBe("stew 1");
  expect(await w.saw("already-answered")).toMatchObject({ request: "lunch", status: "ok" });
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  expect([w.of("delivered").length, w.of("executed").length]).toEqual([2, 1]);
  await bob.drain();
});

/** Only the passing of time makes the stream forget an id: four windows of 100 ms. */
async function forgotten(w: Harness): Promise<void> {
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  await new Promise((resolve) => setTimeout(resolve, 400));
}
