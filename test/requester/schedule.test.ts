// Requests for later: the server keeps the schedule, and puts the request into the queue when it is due.
import { headers } from "@nats-io/nats-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  collect,
  formatHandle,
  type Handle,
  InvalidInputError,
  listDeadLetters,
  locate,
  NotSetUpError,
  parseHandle,
  planSetup,
  RetryLaterError,
  replayDeadLetter,
  ServerTooOldError,
} from "../../src/index.js";
import { requireFeature } from "../internal/protocol.js";
import { planFor } from "../internal/stream-setup.js";
import { type Harness, type Harnesses, soon, startHarnesses } from "../support/harness.js";
import { rejection } from "../support/rejection.js";
import { serverIs, serverLacks } from "../support/server-version.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

const minute = 60_000;

describe.skipIf(serverLacks("message schedules", "2.12.0"))("on a server with schedules", () => {
  const next = (options = {}) => harnesses.next({ schedules: true, ...options });
  const pending = async (w: Harness) => (await w.jsm.consumers.info("REQUESTS", "responder")).num_pending;

  test("a request is delivered when it is due, and not before; its reply is in the mailbox", async () => {
    await using w = await next();
    await w.responder({ handlers: { "eu.report": ({ id, text, pattern }) => `${id} ${text} ${pattern}` } });
    const alice = await w.requester();
    const at = new Date(Date.now() + 1_500);
    const handle = await alice.send("eu.report", "june", { id: "report: 6.v1", at, headers: { "X-Tenant": "blue" } });
    expect(handle).toEqual({
      requester: "alice",
      request: "report: 6.v1",
      stream: "REQUESTS",
      sequence: 1,
      at: at.getTime(),
    });
    expect(await locate(w.nc, handle)).toMatchObject({
      where: "scheduled",
      evidence: `message 1 of REQUESTS is its schedule: the server puts the request into the queue at ${at.toISOString()}`,
    });
    expect(await pending(w)).toBe(0);
    const reply = await alice.collect(handle, { timeoutMs: 30_000 });
    expect(reply).toMatchObject({ status: "ok", text: "report: 6.v1 june eu.report" });
    expect(Date.now()).toBeGreaterThanOrEqual(at.getTime());
    expect(w.of("delivered")).toMatchObject([{ request: "report: 6.v1", delivery: 1, subject: "requests.eu.report" }]);
    expect(await locate(w.nc, handle)).toMatchObject({ where: "replied" });
    await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  });

  test("a delay counts from the server's clock, and headers reach the handler", async () => {
    await using w = await next();
    await w.responder({ handlers: { report: (request) => String(request.headers.get("X-Tenant")) } });
    const alice = await w.requester({ name: "alice", sendOnly: true });
    const handle = await alice.send("report", "", { delayMs: 300, headers: { "X-Tenant": "blue" } });
    expect(await collect(w.nc, handle, { timeoutMs: 30_000 })).toMatchObject({ status: "ok", text: "blue" });
  });

  test("the text of a handle keeps the time", async () => {
    await using w = await next();
    const handle = await (await w.requester()).send("report", "", { id: "1", at: new Date("2100-01-01T00:00:00Z") });
    expect(formatHandle(handle)).toBe("alice.1.REQUESTS.1.at-4102444800000");
    expect(parseHandle(formatHandle(handle))).toEqual(handle);
    expect((await locate(w.nc, parseHandle(formatHandle(handle)))).where).toBe("scheduled");
  });

  test("a handle without its time finds the schedule, too, until it is due", async () => {
    await using w = await next();
    const alice = await w.requester();
    const { at: _, ...handle } = await alice.send("report", "", { delayMs: 5 * minute });
    expect(await locate(w.nc, handle)).toMatchObject({ where: "scheduled" });
    expect(await alice.cancel(handle)).toMatchObject({ outcome: "removed" });
    expect(await w.count("REQUESTS")).toBe(0);
  });

  test("until it is due a cancel removes it, and its mailbox says cancelled", async () => {
    await using w = await next();
    await w.responder({ handlers: { report: "report" } });
    const alice = await w.requester();
    const handle = await alice.send("report", "", { delayMs: 5 * minute });
    expect(await alice.cancel(handle)).toMatchObject({
      outcome: "removed",
      evidence: expect.stringMatching(/^message 1, its schedule for .*, was deleted from REQUESTS$/),
    });
    expect(await alice.collect(handle)).toMatchObject({ status: "cancelled" });
    expect(await w.count("REQUESTS")).toBe(0);
    expect(await alice.cancel(handle)).toMatchObject({ outcome: "already-answered" });
  });

  test("a cancel at the time when it is due has one end: removed, or the reply", async () => {
    await using w = await next();
    await w.responder({ handlers: { report: "report" } });
    const alice = await w.requester();
    const handles: Handle[] = [];
    for (let n = 0; n < 12; n++) handles.push(await alice.send("report", "", { delayMs: 200 + 20 * n }));
    const outcomes = await Promise.all(handles.map((handle) => alice.cancel(handle)));
    const replies = await Promise.all(handles.map((handle) => alice.collect(handle, { timeoutMs: 30_000 })));
    for (const [n, { outcome }] of outcomes.entries()) {
      const ran = w.of("executed").some(({ request }) => request === handles[n]?.request);
      expect([outcome, replies[n]?.status, ran]).toSatisfy(([how, status, executed]: [string, string, boolean]) =>
        how === "removed" ? status === "cancelled" && !executed : status === "ok" ? executed : status === "cancelled",
      );
    }
  });

  test("when it is due, status and cancel find it in the queue behind other requests", async () => {
    await using w = await next();
    const alice = await w.requester();
    const handle = await alice.send("report", "", { delayMs: 300 });
    for (let n = 0; n < 40; n++) await alice.send(`other-${n % 3}`);
    await expect.poll(() => pending(w), soon).toBe(41);
    for (let n = 0; n < 40; n++) await alice.send(`other-${n % 3}`);
    expect(await locate(w.nc, handle)).toMatchObject({
      where: "queued",
      evidence: expect.stringMatching(/^message (42|4\d) is in REQUESTS, not yet delivered/),
    });
    expect(await alice.cancel(handle)).toMatchObject({ outcome: "removed" });
    expect(await pending(w)).toBe(80);
    expect(await alice.collect(handle)).toMatchObject({ status: "cancelled" });
  });

  test("the same id is scheduled once", async () => {
    await using w = await next();
    const alice = await w.requester();
    const at = new Date(Date.now() + 5 * minute);
    const first = await alice.send("report", "", { id: "1", at });
    expect(await alice.send("report", "", { id: "1", at })).toEqual(first);
    expect(await w.count("REQUESTS")).toBe(1);
    const other = await rejection(alice.send("invoice", "", { id: "1", at }));
    expect(other).toMatchObject({ code: "duplicate-id" });
  });

  test("a request that fails after its delay becomes a dead letter, and is replayed", async () => {
    await using w = await next({ maxDeliver: 1 });
    let cold = true;
    const report = () => {
      if (cold) throw new RetryLaterError("cold");
      return "report";
    };
    await w.responder({ handlers: { report } });
    const alice = await w.requester();
    const handle = await alice.send("report", "june", { delayMs: 50 });
    expect(await alice.collect(handle, { timeoutMs: 30_000 })).toMatchObject({ status: "dead-lettered" });
    const [letter] = await listDeadLetters(w.nc);
    expect(letter).toMatchObject({ request: handle.request, subject: "requests.report" });
    cold = false;
    await replayDeadLetter(w.nc, letter?.sequence ?? 0);
    await expect.poll(() => alice.collect(handle), soon).toMatchObject({ status: "ok", text: "report" });
  });

  test("a schedule reaches one of several consumers, and one that no consumer takes is refused", async () => {
    await using w = await next({ consumers: { now: { subjects: ["now.>"] }, batch: { subjects: ["batch.>"] } } });
    await w.responder({ consumer: "batch", handlers: { ">": "done" } });
    const alice = await w.requester();
    const handle = await alice.send("batch.report", "", { delayMs: 50 });
    expect(await alice.collect(handle, { timeoutMs: 30_000 })).toMatchObject({ text: "done" });
    const refused = await rejection(alice.send("other", "", { delayMs: minute }));
    expect(refused.message).toMatch(/target|schedule/i);
    await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  });

  test.each<[string, { at?: Date; delayMs?: number }, RegExp]>([
    [
      "a time that has passed",
      { at: new Date("2020-01-01T00:00:00Z") },
      /in the future, got 2020-01-01T00:00:00\.000Z: it is 20/,
    ],
    [
      "a time beyond the server's limit",
      { at: new Date("9999-12-31T00:00:00Z") },
      /before 2262-01-01.* \(a nats-server limit\)/,
    ],
    ["both a date and a delay", { at: new Date("2100-01-01T00:00:00Z"), delayMs: 5 }, /`at` or `delayMs`, got both/],
    ["an invalid date", { at: new Date("soon") }, /at to be a Date, got Invalid Date/],
    ["text as a date", { at: "2100-01-01" as unknown as Date }, /at to be a Date, got 2100-01-01/],
    ["no delay", { delayMs: 0 }, /delayMs to be a number of milliseconds above 0, got 0/],
    ["a delay that is no number", { delayMs: Number.NaN }, /above 0, got NaN/],
  ])("%s is refused, and nothing is stored", async (_, options, message) => {
    await using w = await next();
    const error = await rejection((await w.requester()).send("report", "", options));
    expect(error).toBeInstanceOf(InvalidInputError);
    expect(error.message).toMatch(message);
    expect(await w.count("REQUESTS")).toBe(0);
  });

  test("a time after which the stream would have removed it is refused", async () => {
    await using w = await next({ requestAgeMs: 10 * minute });
    const alice = await w.requester();
    const error = await rejection(alice.send("report", "", { delayMs: 11 * minute }));
    expect(error).toBeInstanceOf(InvalidInputError);
    expect(error.message).toMatch(/REQUESTS removes what is older than 600000 ms \(max_age\)/);
    expect((await alice.send("report", "", { delayMs: 9 * minute })).sequence).toBe(1);
  });

  test("without schedules in the setup it is refused with advice, and nothing is stored", async () => {
    await using w = await harnesses.next();
    const error = await rejection((await w.requester()).send("report", "", { delayMs: 1_000 }));
    expect(error).toBeInstanceOf(NotSetUpError);
    expect(error.message).toMatch(/REQUESTS takes no requests for later: run `jsrr setup --schedules --update`/);
    expect(await w.count("REQUESTS")).toBe(0);
  });

  test("another client's schedule is a request like any other", async () => {
    await using w = await next();
    await w.responder({ handlers: { tea: ({ id }) => `tea ${id}` } });
    const h = headers();
    for (const [name, value] of Object.entries({
      "Nats-Msg-Id": "z1",
      "Request-Id": "z1",
      "Reply-To": "replies.zoe.z1",
      "Nats-Schedule": `@at ${new Date(Date.now() + 200).toISOString()}`,
      "Nats-Schedule-Target": "requests.tea",
    }))
      h.set(name, value);
    await w.nc.request("scheduled.zoe.z1", "", { headers: h, timeout: 5_000 });
    await w.saw("replied");
    expect((await w.jsm.streams.getMessage("REPLIES", { last_by_subj: "replies.zoe.z1" }))?.string()).toBe("tea z1");
  });
});

test("a server without schedules is too old, and the error names the versions", async () => {
  const old = { info: { version: "2.11.4" } };
  expect(() => requireFeature(old, "message-schedules", "It")).toThrow(/2\.12\.0 or newer.*2\.11\.4/);
  expect(() => planFor(old, planSetup({ schedules: true }))).toThrow(ServerTooOldError);
  if (serverIs("2.12.0")) return;
  await using w = await harnesses.next();
  const error = await rejection((await w.requester()).send("report", "", { delayMs: 1_000 }));
  expect(error).toBeInstanceOf(ServerTooOldError);
});
