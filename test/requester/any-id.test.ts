// Request ids of any text, on a real server: the same id in the handle, in the events, in the handler, and for coming back.
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  cancel,
  collect,
  collectMany,
  DuplicateIdError,
  formatHandle,
  type Handle,
  InvalidInputError,
  listDeadLetters,
  locate,
  parseHandle,
  RequestTimeoutError,
  RetryLaterError,
  replayDeadLetter,
} from "../../src/index.js";
import { labReplyStrategies } from "../internal/compare.js";
import { idOfToken, idToken, isRequestId } from "../internal/protocol.js";
import { jsrrHere } from "../support/cli.js";
import { gate, type Harnesses, soon, startHarnesses } from "../support/harness.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

const ids = [
  "order:42",
  "2026-11-27T23:17:51.250+01:00",
  "{3F2504E0-4F89-11D3-9A0C-0305E82C3301}",
  "urn:order/7?a=b&c=100%",
  "two words, and 'quotes'",
  "größe 🍲 訂單",
  "*",
  ">",
  "$JS.API.STREAM.DELETE.REQUESTS",
  "=41",
  "x.REQUESTS.17",
  "x.REQUESTS.17.kv",
];
const quick = { timeoutMs: 20_000 };

test("an id of letters, digits, - and _ is its own token, and another one is found again from its token", () => {
  expect(idToken("AZ-az_09")).toBe("AZ-az_09");
  expect(idToken("order:42 é")).toBe("order=3A42=20=C3=A9");
  expect([idOfToken("order=3A42"), idOfToken("a=zz"), idOfToken("a=3a"), idOfToken("="), idOfToken("a=FF")]).toEqual([
    ...["order:42", "a=zz", "a=3a", "=", "a=FF"], // what no id is written as is another client's own
  ]);
  const texts = fc.string({ unit: "binary", minLength: 1, maxLength: 30 }).filter((text) => !/\p{Cs}/u.test(text));
  fc.assert(
    fc.property(texts, texts, (id, other) => {
      expect(idToken(id)).toMatch(/^[\w=-]+$/);
      expect(idOfToken(idToken(id))).toBe(id);
      expect(idToken(id) === idToken(other)).toBe(id === other);
    }),
  );
});

test("the text of a handle gives the same handle back, whatever the id is", () => {
  const texts = fc.string({ unit: "binary", minLength: 1, maxLength: 30 }).filter(isRequestId);
  const handles = fc.record({
    requester: fc.constantFrom("alice", "a-1"),
    request: fc.oneof(texts, fc.constantFrom(...ids)),
    stream: fc.constantFrom("REQUESTS", "17"),
    sequence: fc.nat(),
  });
  fc.assert(
    fc.property(handles, fc.constantFrom("kv", "shared", undefined), (handle, store) => {
      const whole: Handle = store ? { ...handle, store } : handle;
      expect(parseHandle(formatHandle(whole))).toEqual(whole);
    }),
  );
});

describe.each(labReplyStrategies)("%s", (reply) => {
  test("a request with any id gets its own reply, and its events have the id as it is", async () => {
    await using w = await harnesses.next({ strategies: ["kv", "shared"] });
    await w.responder({ handlers: { echo: (request) => `${request.id} ${request.text}` } });
    const alice = await w.requester({ reply, ...quick });
    const replies = await Promise.all(ids.map((id, n) => alice.request("echo", `${n}`, { id })));
    expect(replies.map(({ text }) => text)).toEqual(ids.map((id, n) => `${id} ${n}`));
    for (const type of ["requested", "stored", "received", "delivered", "executed", "replied"] as const) {
      expect(
        w
          .of(type)
          .map(({ request }) => request)
          .sort(),
      ).toEqual([...ids].sort());
    }
    expect([alice.orphanedReplies, alice.waiting]).toEqual([0, 0]);
  });
});

test.each(ids)("%s: sent, located, collected and known as a duplicate", async (id) => {
  await using w = await harnesses.next();
  const alice = await w.requester();
  const handle = await alice.send("echo", "a", { id });
  expect(handle).toEqual({ requester: "alice", request: id, stream: "REQUESTS", sequence: 1 });
  expect((await locate(w.nc, handle)).where).toBe("queued");
  await w.responder({ handlers: { echo: (request) => request.id } });
  expect((await collect(w.nc, parseHandle(formatHandle(handle)), quick))?.text).toBe(id);
  expect((await locate(w.nc, handle)).where).toBe("replied");
  expect(await alice.send("echo", "again", { id })).toEqual(handle);
  expect((await alice.request("echo", "again", { id, ...quick })).text).toBe(id);
  await expect(alice.request("other", "", { id, ...quick })).rejects.toBeInstanceOf(DuplicateIdError);
  const stored = await w.jsm.streams.getMessage("REPLIES", { seq: 1 });
  expect([stored?.header.get("Request-Id"), stored?.subject]).toEqual([id, `replies.alice.${idToken(id)}`]);
});

test("a queued and a running request of any id are cancelled", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester();
  const queued = await alice.send("slow", "", { id: "queued: 1.*" });
  expect(await cancel(w.nc, queued)).toMatchObject({ outcome: "removed" });
  const running = gate();
  const stopped = async ({ signal }: { signal: AbortSignal }) => {
    running.open();
    await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    return "";
  };
  await w.responder({ handlers: { slow: stopped } });
  const handle = await alice.send("slow", "", { id: "running: 2.>" });
  await running.opened;
  expect(await cancel(w.nc, handle)).toMatchObject({ outcome: "already-running" });
  expect((await collect(w.nc, handle, quick))?.status).toBe("cancelled");
  expect(w.of("called-off").map(({ request }) => request)).toEqual(["running: 2.>"]);
});

test("parts, a time-out, a dead letter and its replay keep an id of any text", async () => {
  await using w = await harnesses.next({ maxDeliver: 1 });
  const id = "{meal} #1 🍲";
  const alice = await w.requester();
  const error = await alice.request("meal", "", { id, timeoutMs: 100 }).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(RequestTimeoutError);
  expect([error.handle.request, error.findings.whereabouts]).toEqual([id, "queued"]);
  const cold = () => {
    throw new RetryLaterError("cold");
  };
  const bob = await w.responder({ handlers: { meal: cold } });
  expect((await collect(w.nc, error.handle, quick))?.status).toBe("dead-lettered");
  await bob.drain();
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  const [letter] = await listDeadLetters(w.nc);
  expect([letter?.request, letter?.replyTo]).toEqual([id, `replies.alice.${idToken(id)}`]);
  await replayDeadLetter(w.nc, letter?.sequence ?? 0);
  await w.responder({
    handlers: {
      async *meal() {
        yield "salad";
        return "soup";
      },
    },
  });
  const texts = [];
  for await (const { text } of collectMany(w.nc, error.handle, quick)) texts.push(text);
  expect(texts).toEqual(["salad", "soup"]);
  const many = [];
  for await (const { text } of alice.requestMany("meal", "", { id: "again: 2", ...quick })) many.push(text);
  expect(many).toEqual(["salad", "soup"]);
});

test("the command line shows an id as it is, and takes the handle back", async () => {
  await using w = await harnesses.next();
  const { server } = harnesses;
  const run = (...args: string[]) =>
    jsrrHere([...args, "--user", w.user, "--password", "w"], { env: { NATS_URL: server.url } });
  const id = "order 42: it's";
  const timedOut = await run("request", "echo", "--id", id, "--timeout", "100ms");
  expect(timedOut.stderr).toContain(`collect 'requester.order 42: it'\\''s.REQUESTS.1'`);
  const status = await run("status", `requester.${id}.REQUESTS.1`);
  expect(status).toMatchObject({ code: 0, stdout: expect.stringContaining("queued") });
  await w.responder({ handlers: { echo: (request) => request.id } });
  const collected = await run("collect", `requester.${id}.REQUESTS.1`, "--timeout", "20s");
  expect(collected).toMatchObject({ code: 0, stdout: `${id}\n` });
});

test.each([
  ["empty", ""],
  ["of two lines", "a\nb"],
  ["with a space at its end", "a "],
  ["with a control character", "a\u0000b"],
  ["with half a character", "a\ud83c"],
  ["with more than 400 bytes", "x".repeat(401)],
  ["with more than 133 bytes that are no letters", "🍲".repeat(34)],
  ["that is a number", 42 as unknown as string],
])("an id %s is refused before anything is sent", async (_, id) => {
  await using w = await harnesses.next();
  const alice = await w.requester();
  const limited = await w.requester({ name: "carol", maxOutstanding: 1 });
  const handle = { requester: "alice", request: id, stream: "REQUESTS", sequence: 1 };
  const calls = [
    ...[alice.request("echo", "", { id }), limited.request("echo", "", { id }), alice.send("echo", "", { id })],
    ...[collect(w.nc, handle), cancel(w.nc, handle), locate(w.nc, handle)],
  ];
  for (const call of calls) {
    const error = await call.catch((thrown) => thrown);
    expect(error).toBeInstanceOf(InvalidInputError);
    expect(error.message).toMatch(
      /^Expected the (handle's request|request id) to be text on one line, .* counts 3, got /,
    );
  }
  expect(await w.count("REQUESTS")).toBe(0);
});

test("an id of 400 characters has room in a mailbox, in a bucket and in an inbox", async () => {
  await using w = await harnesses.next({ strategies: ["kv"] });
  await w.responder({ handlers: { echo: (request) => request.id } });
  const id = `${"🍲".repeat(33)}abcd`;
  expect(idToken(id)).toHaveLength(400);
  for (const reply of ["mailbox", "kv", "inbox"] as const) {
    const alice = await w.requester({ reply, name: "a".repeat(64), ...quick });
    expect((await alice.request("echo", "", { id: `${id.slice(0, -1)}${reply[0]}` })).status).toBe("ok");
  }
});
