// A requester against a real server: replies by mailbox and inbox, identity, errors, and closing.
import { afterAll, beforeAll, expect, test } from "vitest";
import { ClosedError, InvalidInputError, NotSetUpError, StreamFullError } from "../../src/index.js";
import { gate, type Harnesses, soon, startHarnesses } from "../support/harness.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses("max_payload: 64KB");
});
afterAll(() => harnesses[Symbol.asyncDispose]());

const unhandled: unknown[] = [];
const note = (reason: unknown) => void unhandled.push(reason);
process.on("unhandledRejection", note);
afterAll(() => {
  process.off("unhandledRejection", note);
  expect(unhandled).toEqual([]);
});

test("a reply is stored in the mailbox and reaches the requester at once", async () => {
  await using w = await harnesses.next();
  await w.responder();
  const alice = await w.requester();
  const reply = await alice.request("order-sandwich", "no pickles", { id: "lunch", as: "lunch" });
  expect(reply).toMatchObject({ status: "ok", text: "🥪" });
  const stored = await w.jsm.streams.getMessage("REPLIES", { last_by_subj: "replies.alice.lunch" });
  expect(stored?.string()).toBe("🥪");
  await w.saw("acked");
  expect(w.of("requested")).toMatchObject([{ request: "lunch", as: "lunch", strategy: "mailbox" }]);
  expect(w.of("stored")).toMatchObject([{ request: "lunch", stream: "REQUESTS", sequence: 1, duplicate: false }]);
  expect(w.of("received")).toMatchObject([{ request: "lunch", status: "ok", payload: "🥪", late: false }]);
  expect(alice.waiting).toBe(0);
});

test("the inbox strategy stores no reply", async () => {
  await using w = await harnesses.next();
  await w.responder();
  const alice = await w.requester({ reply: "inbox" });
  expect((await alice.request("order-bagel")).text).toBe("🥯");
  expect(await w.count("REPLIES")).toBe(0);
});

test("1,000 requests at once each get their own reply", async () => {
  await using w = await harnesses.next();
  await w.responder({ handlers: { echo: (r) => r.data }, concurrency: 100 });
  const alice = await w.requester({ timeoutMs: 20_000 });
  const numbers = Array.from({ length: 1_000 }, (_, n) => `${n}`);
  const replies = await Promise.all(numbers.map((n) => alice.request("echo", n)));
  expect(replies.map((r) => r.text)).toEqual(numbers);
  expect(await w.count("REPLIES")).toBe(1_000);
});

test("a payload of bytes arrives as it is, both ways", async () => {
  await using w = await harnesses.next();
  await w.responder({ handlers: { echo: (r) => r.data } });
  const bytes = Uint8Array.from({ length: 256 }, (_, n) => n);
  const alice = await w.requester();
  expect([...(await alice.request("echo", bytes)).data]).toEqual([...bytes]);
});

test("two requesters of one name each get their own replies", async () => {
  await using w = await harnesses.next();
  await w.responder({ handlers: { echo: (r) => r.data } });
  const [one, two] = [await w.requester(), await w.requester()];
  const replies = await Promise.all([one.request("echo", "1"), two.request("echo", "2")]);
  expect(replies.map((r) => r.text)).toEqual(["1", "2"]);
  expect(w.of("received")).toHaveLength(2);
});

test("rejects a duplicate id while the first is pending", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester();
  const first = alice.request("order-bagel", "", { id: "x" });
  await expect(alice.request("order-bagel", "", { id: "x" })).rejects.toThrow(InvalidInputError);
  await w.responder();
  await expect(first).resolves.toMatchObject({ status: "ok" });
  expect(w.of("delivered")).toHaveLength(1);
});

test("an id that was answered before gets the stored reply, and is not executed again", async () => {
  await using w = await harnesses.next();
  let bagels = 0;
  await w.responder({ handlers: { "order-bagel": () => `bagel ${++bagels}` } });
  const alice = await w.requester();
  await alice.request("order-bagel", "", { id: "x" });
  // Long enough that the look at its time-out is not what finds the reply.
  const again = await w.requester({ timeoutMs: 600_000 });
  expect((await again.request("order-bagel", "", { id: "x" })).text).toBe("bagel 1");
  expect(w.of("stored").map((e) => e.duplicate)).toEqual([false, true]);
});

test("an id from before the duplicate window is executed again, but the first reply stays the reply", async () => {
  await using w = await harnesses.next({ duplicateWindowMs: 100 });
  let bagels = 0;
  await w.responder({ handlers: { "order-bagel": () => `bagel ${++bagels}` } });
  const alice = await w.requester();
  await alice.request("order-bagel", "", { id: "x" });
  const late = () => alice.request("order-bagel", "", { id: "x", timeoutMs: 300 });
  // The server forgets ids in its own time.
  await expect.poll(async () => (await late()) && bagels, { timeout: 10_000 }).toBe(2);
  expect((await late()).text).toBe("bagel 1");
  expect(w.of("reply-refused")[0]?.reason).toContain("wrong last sequence");
});

test("close() rejects pending requests, and later requests are refused", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester();
  const waiting = [alice.request("order-bagel"), alice.request("order-bagel")];
  const closed = Promise.allSettled(waiting);
  await alice.close();
  await alice.close();
  for (const result of await closed) expect(result).toMatchObject({ reason: expect.any(ClosedError) });
  await expect(alice.request("order-bagel")).rejects.toThrow("Requester alice is closed");
  expect(alice.waiting).toBe(0);
});

test("a closed connection rejects pending requests at once", async () => {
  await using w = await harnesses.next();
  const nc = await w.connect();
  const { Requester } = await import("../../src/index.js");
  const alice = await Requester.open(nc, { name: "alice", timeoutMs: 60_000 });
  const waiting = expect(alice.request("order-bagel")).rejects.toThrow(ClosedError);
  await nc.close();
  await waiting;
  await expect(alice.request("order-bagel")).rejects.toThrow(ClosedError);
  await alice.close();
});

test("a request without streams is refused with advice", async () => {
  await using w = await harnesses.next(false);
  const alice = await w.requester();
  await expect(alice.request("order-bagel")).rejects.toThrow(NotSetUpError);
  await expect(alice.request("order-bagel")).rejects.toThrow("jsrr setup");
});

test("a request is refused at once if REQUESTS is a mirror, which takes no subjects", async () => {
  await using w = await harnesses.next(false);
  await w.jsm.streams.add({ name: "ORIGIN", subjects: ["origin.>"] });
  await w.jsm.streams.add({ name: "REQUESTS", mirror: { name: "ORIGIN" } });
  const alice = await w.requester({ timeoutMs: 20_000 });
  const refused = expect.objectContaining({
    code: "not-set-up",
    message: "No stream takes requests.order-bagel: REQUESTS takes no subjects; nothing was stored.",
  });
  await expect(alice.request("order-bagel")).rejects.toEqual(refused);
  await expect(alice.send("order-bagel")).rejects.toEqual(refused);
});

test("a full queue refuses a request, and accepts the same id once there is room", async () => {
  await using w = await harnesses.next({ maxRequests: 1 });
  const alice = await w.requester();
  const first = alice.request("order-bagel", "", { id: "1" });
  await w.saw("stored");
  await expect(alice.request("order-bagel", "", { id: "2" })).rejects.toThrow(StreamFullError);
  await w.responder();
  await first;
  // The server makes room in its own time after the ack.
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  await expect(alice.request("order-bagel", "", { id: "2" })).resolves.toMatchObject({ status: "ok" });
});

test("a payload over max_payload is refused before it is sent", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester();
  await expect(alice.request("order-bagel", "x".repeat(65_536))).rejects.toThrow(InvalidInputError);
  expect(w.nc.isClosed()).toBe(false);
  expect(await w.count("REQUESTS")).toBe(0);
});

test.each([Number.NaN, 0, -1, 2 ** 31, Number.POSITIVE_INFINITY])("a time-out of %s is refused", async (timeoutMs) => {
  const { requireTimeout } = await import("../internal/requester.js");
  expect(() => requireTimeout(timeoutMs)).toThrow(InvalidInputError);
});

test("an observer that throws ends its requester with that error and rejects every pending request, and the connection stays open", async () => {
  await using w = await harnesses.next();
  const held = gate();
  await w.responder({ handlers: { "order-bagel": () => held.opened.then(() => "🥯") } });
  const observe = (event: { type: string }) => {
    if (event.type === "received") throw new Error("the disk is full");
  };
  const alice = await w.requester({ observe });
  const other = await w.requester({ name: "carol" });
  const mine = [alice.request("order-bagel"), alice.request("order-bagel")];
  const hers = other.request("order-bagel");
  held.open();
  const ended = await Promise.allSettled(mine);
  expect(ended.filter((e) => e.status === "rejected")).toMatchObject([{ reason: { message: "the disk is full" } }]);
  expect((await hers).text).toBe("🥯");
  await expect(alice.request("order-bagel")).rejects.toThrow("the disk is full");
});

test("a missing permission is reported with its subject", async () => {
  await using server = await (await import("../support/server.js")).startTestServer({
    config: `authorization { users: [
      { user: all, password: w }
      { user: mute, password: w, permissions: { publish: { deny: "requests.>" } } }
      { user: deaf, password: w, permissions: { subscribe: { deny: "replied.>" } } }
    ] }`,
  });
  const { Requester } = await import("../../src/index.js");
  const as = (user: string) => server.connect({ user, pass: "w" });
  const mute = await Requester.open(await as("mute"), { name: "alice" });
  await expect(mute.request("order-bagel")).rejects.toThrow("may not publish to requests.order-bagel");
  await mute.close();
  await expect(Requester.open(await as("deaf"), { name: "alice" })).rejects.toThrow(
    "may not subscribe to replied.alice.*",
  );
});
