// Requests that nobody waits for: stored, and their replies collected later by the handle.
import { setTimeout as passed } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { collect, NotPermittedError, Requester } from "../../src/index.js";
import { Link } from "../internal/link.js";
import { type Harnesses, soon, startHarnesses } from "../support/harness.js";
import { startTestServer } from "../support/server.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

test("each handle collects its own reply from another connection", async () => {
  await using w = await harnesses.next();
  await using sender = await Requester.open(w.nc, { sendOnly: true, name: "alice", maxOutstanding: 50 });
  const orders = Array.from({ length: 500 }, (_, n) => sender.send("order-echo", String(n)));
  const handles = await Promise.all(orders);
  expect(await w.count("REQUESTS")).toBe(500);
  await w.responder({ handlers: { "order-echo": (request) => request.text } });
  await expect.poll(() => w.count("REPLIES"), soon).toBe(500);
  const other = await w.connect();
  const replies = await Promise.all(handles.map((handle) => collect(other, handle)));
  expect(replies.map((reply) => reply?.text)).toEqual(handles.map((_, n) => String(n)));
});

test("a sender has at most maxOutstanding unconfirmed requests", async () => {
  await using w = await harnesses.next();
  await using sender = await Requester.open(w.nc, { sendOnly: true, name: "alice", maxOutstanding: 3 });
  let [open, most] = [0, 0];
  const count = () => {
    open += 1;
    most = Math.max(most, open);
  };
  w.nc.subscribe("requests.*", { callback: count });
  await Promise.all(
    Array.from({ length: 30 }, async () => {
      await sender.send("order-bagel");
      open--;
    }),
  );
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(3);
});

test("a repeated id is stored once, and has the same handle", async () => {
  await using w = await harnesses.next();
  await using sender = await Requester.open(w.nc, { sendOnly: true, name: "alice" });
  const first = await sender.send("order-bagel", "", { id: "one" });
  expect(await sender.send("order-bagel", "", { id: "one" })).toEqual(first);
  expect(await w.count("REQUESTS")).toBe(1);
});

test("a request whose PubAck was lost in a break is found in the queue", async () => {
  await using w = await harnesses.next();
  const target = () => ({ host: "127.0.0.1", port: harnesses.server.port });
  await using link = await Link.open({ target, random: () => 0 });
  const nc = await w.connect({ servers: link.url, reconnectTimeWait: 20, maxReconnectAttempts: -1 });
  await using sender = await Requester.open(nc, { sendOnly: true, name: "alice" });
  await sender.send("order-bagel");
  const half = link.halfOpen("to-client");
  const sent = sender.send("order-bagel", "", { id: "lunch" });
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(2);
  half.end();
  const handle = { requester: "alice", request: "lunch", stream: "REQUESTS", sequence: 2 };
  expect(await sent).toEqual(handle);
  expect(await sender.send("order-bagel", "", { id: "next" })).toMatchObject({ sequence: 3 });
});

test("each send rejects at its own time-out if its PubAck never arrives", async () => {
  await using w = await harnesses.next();
  const target = () => ({ host: "127.0.0.1", port: harnesses.server.port });
  await using link = await Link.open({ target, random: () => 0 });
  const nc = await w.connect({ servers: link.url });
  const sender = await Requester.open(nc, { sendOnly: true, name: "alice" });
  link.halfOpen("to-client");
  const rejected: string[] = [];
  const send = (id: string) =>
    void sender.send("order-bagel", "", { id }).catch(({ code }) => rejected.push(`${id}: ${code}`));
  send("first");
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(1);
  // When the first one's time is over, the second one's is not.
  await passed(300);
  send("second");
  await expect.poll(() => rejected, soon).toEqual(["first: no-answer", "second: no-answer"]);
  await nc.close();
  await sender.close();
});

test("a closed connection rejects every unconfirmed send at once", async () => {
  await using w = await harnesses.next();
  const target = () => ({ host: "127.0.0.1", port: harnesses.server.port });
  await using link = await Link.open({ target, random: () => 0 });
  const nc = await w.connect({ servers: link.url });
  const sender = await Requester.open(nc, { sendOnly: true, name: "alice" });
  link.halfOpen("to-client");
  const sent = sender.send("order-bagel");
  const told = expect(sent).rejects.toThrow(/^The connection was closed before .* unknown; the same id/);
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(1);
  await nc.close();
  await told;
  await sender.close();
});

test("a sender that cannot be opened leaves no subscription", async () => {
  await using server = await startTestServer({
    config: `authorization { users: [{ user: a, password: w, permissions: { subscribe: { deny: ["mine.>"] } } }] }`,
  });
  const nc = await server.connect({ user: "a", pass: "w" });
  await expect(Requester.open(nc, { sendOnly: true, name: "alice", inboxPrefix: "mine" })).rejects.toThrow(
    NotPermittedError,
  );
  const { listeners } = (nc as unknown as { protocol: { listeners: unknown[] } }).protocol;
  expect(listeners).toHaveLength(1); // the test's own connection has one
});

test("each error rejects its own send with its code", async () => {
  await using w = await harnesses.next(false);
  const sender = await Requester.open(w.nc, { sendOnly: true, name: "alice" });
  await expect(sender.send("order-bagel")).rejects.toMatchObject({ code: "not-set-up" });
  await expect(sender.send("order bagel")).rejects.toMatchObject({ code: "invalid-input" });
  await expect(sender.send("a", new Uint8Array(2_000_000))).rejects.toMatchObject({ code: "invalid-input" });
  await sender.close();
  await expect(sender.send("order-bagel")).rejects.toMatchObject({ code: "closed" });
  await expect(Requester.open(w.nc, { sendOnly: true, name: "a", maxOutstanding: 0 })).rejects.toMatchObject({
    code: "invalid-input",
  });
});

test("events report sent requests without a time-out, and also refused and waiting ones", async () => {
  await using w = await harnesses.next();
  const { observe } = w;
  await using sender = await Requester.open(w.nc, {
    sendOnly: true,
    name: "alice",
    maxOutstanding: 1,
    maxWaiting: 1,
    observe,
  });
  const all = ["one", "two", "three"].map((id) => sender.send("order-bagel", "", { id, as: "jobs" }));
  expect((await Promise.allSettled(all)).map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
  expect(w.events.map(({ type, ...e }) => [type, "request" in e && e.request])).toEqual([
    ["requested", "one"],
    ["turn-awaited", "two"],
    ["turn-refused", "three"],
    ["stored", "one"],
    ["requested", "two"],
    ["stored", "two"],
  ]);
  expect(w.of("requested")[0]).toEqual({
    ...{ type: "requested", request: "one", subject: "requests.order-bagel", strategy: "mailbox", as: "jobs" },
  });
  await w.jsm.streams.delete("REQUESTS");
  await expect(sender.send("order-bagel", "", { id: "four" })).rejects.toMatchObject({ code: "not-set-up" });
  expect(w.of("request-failed")).toMatchObject([{ request: "four" }]);
  expect(w.of("request-failed")[0]).not.toHaveProperty("open");
});

test("a requester that waits for replies, too, counts those to its sent requests as its own", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester();
  const handle = await alice.send("order-echo", "sent");
  await w.responder({ handlers: { "order-echo": (request) => request.text } });
  // Its reply is republished after the one to the sent request.
  expect((await alice.request("order-echo", "asked")).text).toBe("asked");
  expect([alice.orphanedReplies, w.of("orphaned-reply")]).toEqual([0, []]);
  expect((await alice.collect(handle))?.text).toBe("sent");
});

test("with sendOnly no permission for the replies is needed, and no reply can be waited for", async () => {
  await using server = await startTestServer({
    config: `authorization { users: [{ user: a, password: w, permissions: { subscribe: { deny: ["replied.>"] } } }] }`,
  });
  const nc = await server.connect({ user: "a", pass: "w" });
  await expect(Requester.open(nc, { name: "alice" })).rejects.toThrow(NotPermittedError);
  await using alice = await Requester.open(nc, { name: "alice", sendOnly: true });
  await expect(alice.request("order-bagel")).rejects.toMatchObject({ code: "invalid-input" });
  await expect(alice.send("order-bagel")).rejects.toMatchObject({ code: "not-set-up" });
});
