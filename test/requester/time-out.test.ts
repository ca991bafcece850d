// A call that gives up says how much is queued and where its request is; and a reply that comes after all is not lost.
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  collect,
  formatHandle,
  type Handle,
  InvalidInputError,
  locate,
  parseHandle,
  Requester,
  type RequestTimeoutError,
} from "../../src/index.js";
import { Link } from "../internal/link.js";
import {
  gate,
  type Harnesses,
  harnessOn,
  replyStatus,
  republishNothing,
  soon,
  startHarnesses,
} from "../support/harness.js";
import { timedOut } from "../support/rejection.js";
import { startTestServer } from "../support/server.js";
import { doorTo } from "../support/severable.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

test("a queued request times out with the number of waiting requests and the handle", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester({ timeoutMs: 50 });
  const [error] = await Promise.all([
    timedOut(alice.request("order-bagel", "", { id: "1" })),
    timedOut(alice.request("order-bagel")),
  ]);
  expect(error.findings).toMatchObject({ whereabouts: "queued", remaining: 2 });
  expect(error.handle).toEqual({ requester: "alice", request: "1", stream: "REQUESTS", sequence: 1 });
  expect(error.message).toMatch(
    /^No reply within \d+ ms\. It is queued: message 1 is in REQUESTS, not yet .*\. Come back with handle alice\.1\.REQUESTS\.1\.$/,
  );
  expect(w.of("timed-out")).toMatchObject([
    { whereabouts: "queued", remaining: 2 },
    { whereabouts: "queued", remaining: 2 },
  ]);
});

test("a running request times out, and its reply is reported as late", async () => {
  await using w = await harnesses.next();
  const held = gate();
  await w.responder({ handlers: { "order-bagel": () => held.opened.then(() => "🥯") } });
  const alice = await w.requester({ timeoutMs: 50 });
  const error = await timedOut(alice.request("order-bagel", "", { id: "1" }));
  expect(error.findings).toMatchObject({ whereabouts: "running", remaining: 1 });
  held.open();
  expect(await w.saw("received")).toMatchObject({ request: "1", late: true, payload: "🥯" });
  expect(await collect(w.nc, error.handle)).toMatchObject({ status: "ok", text: "🥯", sequence: 1 });
});

test("a reply that was missed is found in the mailbox at the time-out, and resolves the call", async () => {
  await using w = await harnesses.next();
  await republishNothing(w);
  await w.responder();
  const alice = await w.requester({ timeoutMs: 50 });
  expect(await alice.request("order-bagel")).toMatchObject({ status: "ok", text: "🥯" });
  expect(w.of("received")).toMatchObject([{ late: false }]);
  expect(w.of("timed-out")).toEqual([]);
});

test("a request that was terminated without a reply times out as gone", async () => {
  await using w = await harnesses.next();
  await w.responder({ unmatched: "silent" });
  const alice = await w.requester({ timeoutMs: 100 });
  const error = await timedOut(alice.request("order-soup"));
  expect(error.findings).toMatchObject({ whereabouts: "gone", remaining: 0 });
});

test.concurrent("a request to a frozen server times out as unknown, and is stored once when the server resumes", async ({
  expect,
}) => {
  await using server = await startTestServer();
  await using w = await harnessOn(server);
  const alice = await w.requester({ timeoutMs: 50 });
  await server.pause();
  await expect.poll(() => hasStopped(server.pid), soon).toBe(true);
  const errors = await Promise.all([
    timedOut(alice.request("order-bagel", "", { id: "1" })),
    ...Array.from({ length: 300 }, () => timedOut(alice.request("order-flatbread"))),
  ]);
  // However many ask where they are: the client alone would wait 5 s for each of up to four answers.
  const evidence = "the server did not say in time where it is";
  expect(new Set(errors.map(({ findings }) => findings.evidence))).toEqual(new Set([evidence]));
  const [error] = errors as [RequestTimeoutError];
  expect(error.findings.whereabouts).toBe("unknown");
  expect(error.findings).not.toHaveProperty("remaining");
  expect(error.handle.sequence).toBe(0);
  expect(error.message).toMatch(/^No reply within \d+ ms\. [^.]+\. Come back with handle alice\.1\.REQUESTS\.0\.$/);
  server.resume();
  await w.saw("stored", (e) => e.request === "1");
  const again = alice.request("order-bagel", "", { id: "1", timeoutMs: 5_000 });
  await w.saw("stored", (e) => e.duplicate);
  expect(await w.count("REQUESTS")).toBe(301);
  await w.responder();
  expect((await again).text).toBe("🥯");
});

test.concurrent("time-outs of different lengths fire in their own order", async ({ expect }) => {
  await using w = await harnesses.next();
  // Far apart: one that has no PubAck yet waits for it up to 500 ms, and each is looked up before it ends.
  const alice = await w.requester({ timeoutMs: 1_300 });
  const order: string[] = [];
  const call = (id: string, timeoutMs?: number) =>
    timedOut(alice.request("order-bagel", "", { id, ...(timeoutMs ? { timeoutMs } : {}) })).then(() => {
      order.push(id);
    });
  await Promise.all([call("last", 2_000), call("default"), call("first", 20), call("second", 650)]);
  expect(order).toEqual(["first", "second", "default", "last"]);
});

test("2,000 simultaneous time-outs each report the place of their request", async () => {
  await using w = await harnesses.next();
  // Long enough for all of them to be stored first: without its PubAck a request's place is unknown.
  const alice = await w.requester({ timeoutMs: 4_000 });
  const calls = Array.from({ length: 2_000 }, () => timedOut(alice.request("order-bagel")));
  const found = (await Promise.all(calls)).map((e) => e.findings.whereabouts);
  expect(found.filter((where) => where !== "queued")).toEqual([]);
});

test("a reply that was republished while the connection was down is read after the reconnect", async () => {
  await using w = await harnesses.next();
  await using door = await doorTo(harnesses.server.port);
  const nc = await w.connect({ servers: door.url, reconnectTimeWait: 20, maxReconnectAttempts: -1 });
  await using alice = await Requester.open(nc, { name: "alice", timeoutMs: 60_000 });
  const call = alice.request("order-bagel");
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(1);
  door.close();
  await w.responder();
  await w.saw("acked");
  door.open();
  expect((await call).text).toBe("🥯");
});

test("thousands of replies are read concurrently after a break", async () => {
  await using w = await harnesses.next();
  const target = () => ({ host: "127.0.0.1", port: harnesses.server.port });
  await using link = await Link.open({ target, random: () => 0 });
  const nc = await w.connect({ servers: link.url, reconnectTimeWait: 20, maxReconnectAttempts: -1 });
  await using alice = await Requester.open(nc, { name: "alice", timeoutMs: 600_000 });
  const calls = Array.from({ length: 1_000 }, () => alice.request("order-bagel"));
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(1_000);
  const mend = await link.apply({ cut: true });
  await w.responder();
  await expect.poll(() => w.count("REPLIES"), soon).toBe(1_000);
  // 1,000 looks of at least 100 ms each: longer than this test may take.
  await link.apply({ latencyMs: 50 });
  await mend();
  const replies = await Promise.all(calls);
  expect(replies.every(({ text }) => text === "🥯")).toBe(true);
});

test("collect returns a reply from another connection before, while and after it is stored", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester({ timeoutMs: 50 });
  const error = await timedOut(alice.request("order-bagel", "", { id: "1" }));
  const handle = parseHandle(formatHandle(error.handle));
  await alice.close();
  const nc = await w.connect();
  expect(await collect(nc, handle)).toBeUndefined();
  expect(await collect(nc, handle, { timeoutMs: 50 })).toBeUndefined();
  const waiting = collect(nc, handle, { timeoutMs: 20_000 });
  await nc.flush();
  await w.responder();
  expect(await waiting).toMatchObject({ status: "ok", text: "🥯" });
  expect(await collect(nc, handle)).toMatchObject({ text: "🥯" });
  expect(await collect(nc, handle, { timeoutMs: 20_000 })).toMatchObject({ text: "🥯" });
  // Its ack follows a moment later.
  await expect.poll(() => locate(nc, handle), soon).toMatchObject({ where: "replied", remaining: 0 });
});

test.concurrent("collect finds a stored reply that was not republished", async ({ expect }) => {
  await using w = await harnesses.next();
  await republishNothing(w);
  const handle: Handle = { requester: "alice", request: "1", stream: "REQUESTS", sequence: 1 };
  const waiting = collect(w.nc, handle, { timeoutMs: 300 });
  await w.nc.flush();
  await w.nc.flush();
  w.nc.publish("replies.alice.1", "🥯", { headers: replyStatus().headers });
  expect(await waiting).toMatchObject({ text: "🥯" });
});

test("a recreated stream with another request under the same sequence is recognised", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester({ timeoutMs: 50 });
  const { handle } = await timedOut(alice.request("order-bagel", "", { id: "old" }));
  expect((await locate(w.nc, handle)).where).toBe("queued");
  const { config } = await w.jsm.streams.info("REQUESTS");
  await w.jsm.streams.delete("REQUESTS");
  await expect(locate(w.nc, handle)).rejects.toMatchObject({ code: "not-set-up" });
  await w.jsm.streams.add(config);
  await timedOut(alice.request("order-bagel", "", { id: "new" }));
  expect(await locate(w.nc, handle)).toMatchObject({
    where: "unknown",
    evidence: expect.stringContaining("message 1 of REQUESTS is another request"),
    remaining: 1,
  });
  expect(await locate(w.nc, { ...handle, sequence: 9 })).toMatchObject({
    where: "unknown",
    evidence: expect.stringContaining("REQUESTS never had a message 9 (its last is 1)"),
  });
  expect(await locate(w.nc, { ...handle, request: "new" })).toMatchObject({ where: "queued" });
});

test("locate without a PubAck finds a stored reply, and otherwise reports unknown", async () => {
  await using w = await harnesses.next();
  const handle: Handle = { requester: "alice", request: "1", stream: "REQUESTS", sequence: 0 };
  expect(await locate(w.nc, handle)).toMatchObject({ where: "unknown", remaining: 0 });
  await w.responder();
  await (await w.requester()).request("order-bagel", "", { id: "1" });
  expect(await locate(w.nc, handle)).toMatchObject({ where: "replied" });
  await expect(locate(w.nc, { ...handle, stream: "NOPE" })).rejects.toMatchObject({ code: "invalid-input" });
  expect(() => parseHandle("alice.1.REQUESTS.*")).toThrow(InvalidInputError);
});

/** Whether all threads have stopped since SIGSTOP: on a busy machine they run on for a moment. Only Linux can say. */
function hasStopped(pid: number): boolean {
  if (process.platform !== "linux") return true;
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.every((id) => /^State:\s+T/m.test(readFileSync(`/proc/${pid}/task/${id}/status`, "utf8")));
}
