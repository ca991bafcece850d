// Headers of a caller on a real server: from the request to its handler, back with the reply, and on a dead letter and its replay.
import { headers } from "@nats-io/nats-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  collect,
  collectMany,
  HandlerReply,
  type HandlerRequest,
  InvalidInputError,
  listDeadLetters,
  type MessageHeaders,
  type MessagePayload,
  RetryLaterError,
  replayDeadLetter,
} from "../../src/index.js";
import { openRequester } from "../fixtures/foreign/requester.js";
import { labReplyStrategies } from "../internal/compare.js";
import { encodedHeaders } from "../internal/protocol.js";
import { type Harness, type Harnesses, soon, startHarnesses } from "../support/harness.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

const all = { strategies: ["kv", "shared"] } as const;
/** Replies with the tenant of its request in a header. */
const tenant = (request: HandlerRequest) =>
  new HandlerReply(`for ${request.text}`, {
    headers: { "X-Tenant": request.headers.get("X-Tenant"), "X-Menu": "très bon 🍲" },
  });

describe.each(labReplyStrategies)("%s", (reply) => {
  test("headers travel with the request and with its reply, also by maxOutstanding", async () => {
    await using w = await harnesses.next(all);
    await w.responder({ handlers: { tenant } });
    for (const maxOutstanding of [undefined, 1]) {
      const alice = await w.requester({ reply, maxOutstanding, timeoutMs: 20_000 });
      const answer = await alice.request("tenant", "alice", { headers: { "X-Tenant": "blue: 1 🟦" } });
      expect(answer).toMatchObject({ status: "ok", text: "for alice" });
      expect(answer.headers.get("X-Tenant")).toBe("blue: 1 🟦");
      expect(answer.headers.get("X-Menu")).toBe("très bon 🍲");
    }
  });
});

test("headers of the client with two values of one name arrive with both", async () => {
  await using w = await harnesses.next();
  let arrived: string[] = [];
  const reply = (request: HandlerRequest) => {
    arrived = request.headers.values("Via");
    return new HandlerReply("", { headers: request.headers.has("Via") ? via("c", "d") : undefined });
  };
  await w.responder({ handlers: { via: reply } });
  const alice = await w.requester({ timeoutMs: 20_000 });
  const answer = await alice.request("via", "", { headers: via("a", "b") });
  expect(arrived).toEqual(["a", "b"]);
  expect(answer.headers.values("Via")).toEqual(["c", "d"]);
});

function via(...values: string[]) {
  const h = headers();
  for (const value of values) h.append("Via", value);
  return h;
}

test("a sent request, its parts and its collected replies have their headers", async () => {
  await using w = await harnesses.next();
  async function* courses(request: HandlerRequest) {
    yield new HandlerReply("salad", { headers: { Course: `1 of ${request.headers.get("Courses")}` } });
    yield "soup";
    return new HandlerReply("cake", { headers: { Course: "last" } });
  }
  await w.responder({ handlers: { courses } });
  const alice = await w.requester();
  const handle = await alice.send("courses", "", { headers: { Courses: "3" } });
  const stored = await collect(w.nc, handle, { timeoutMs: 20_000 });
  expect([stored?.headers.get("Course"), stored?.parts]).toEqual(["last", 2]);
  const collected = [];
  for await (const reply of collectMany(w.nc, handle)) collected.push([reply.text, reply.headers.get("Course")]);
  const received = [];
  const replies = alice.requestMany("courses", "", { headers: { Courses: "three" }, timeoutMs: 20_000 });
  for await (const reply of replies) received.push([reply.text, reply.headers.get("Course")]);
  expect(collected).toEqual([
    ["salad", "1 of 3"],
    ["soup", ""],
    ["cake", "last"],
  ]);
  expect(received).toEqual([
    ["salad", "1 of three"],
    ["soup", ""],
    ["cake", "last"],
  ]);
});

test("a dead letter and its replay keep the headers of the request", async () => {
  await using w = await harnesses.next({ maxDeliver: 1 });
  const cold = () => {
    throw new RetryLaterError("the stove is cold");
  };
  const bob = await w.responder({ handlers: { tenant: cold } });
  const alice = await w.requester({ timeoutMs: 20_000 });
  const handle = await alice.send("tenant", "alice", { headers: { "X-Tenant": "green", traceparent: "00-1-2-01" } });
  expect((await collect(w.nc, handle, { timeoutMs: 20_000 }))?.status).toBe("dead-lettered");
  await bob.drain();
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  const [letter] = await listDeadLetters(w.nc);
  const copy = await w.jsm.streams.getMessage("DEAD_LETTERS", { seq: 1 });
  expect([copy?.header.get("X-Tenant"), copy?.header.get("traceparent")]).toEqual(["green", "00-1-2-01"]);
  await replayDeadLetter(w.nc, letter?.sequence ?? 0);
  await w.responder({ handlers: { tenant } });
  const replayed = await collect(w.nc, handle, { timeoutMs: 20_000 });
  expect([replayed?.status, replayed?.headers.get("X-Tenant")]).toEqual(["ok", "green"]);
});

test("a plain client reads the headers of a request, and a foreign requester those of a reply", async () => {
  await using w = await harnesses.next();
  await w.responder({ handlers: { tenant } });
  const heard = w.nc.subscribe("requests.tenant", { max: 1 });
  await w.nc.flush();
  const alice = await w.requester({ timeoutMs: 20_000 });
  await alice.request("tenant", "x", { headers: { "X-Tenant": "red" } });
  for await (const msg of heard) expect(msg.headers?.get("X-Tenant")).toBe("red");
  const foreign = await openRequester(w.nc, "zoe");
  const reply = await foreign.request("tenant", "zoe");
  expect(reply).toMatchObject({ status: "ok", text: "for zoe" });
  const stored = await w.jsm.direct.getMessage("REPLIES", { last_by_subj: "replies.zoe.>" });
  expect(stored?.header.get("X-Menu")).toBe("très bon 🍲");
});

test("a reply to a NestJS requester keeps its correlation id, whatever the handler sets", async () => {
  await using w = await harnesses.next();
  const nest = () => new HandlerReply("tea", { headers: { "X-Correlation-Id": "mine", "X-Tenant": "blue" } });
  await w.responder({ handlers: { nest } });
  const inbox = w.nc.subscribe("_INBOX.nest", { max: 1 });
  await w.nc.flush();
  const request = encodedHeaders(["x-correlation-id", "n1"], ["x-reply-to", "_INBOX.nest"]);
  w.nc.publish("requests.nest", "", { headers: request });
  for await (const msg of inbox) {
    expect([msg.headers?.get("x-correlation-id"), msg.headers?.get("X-Tenant")]).toEqual(["n1", "blue"]);
    expect(msg.headers?.has("X-Correlation-Id")).toBe(false);
  }
});

const refused: [string, MessageHeaders, RegExp][] = [
  [
    "a line feed",
    { Note: "a\nNats-TTL: 1s" },
    /^Expected the header Note to be text on one line, got "a\\nNats-TTL: 1s"\.$/,
  ],
  ["a carriage return", { Note: "a\rb" }, /^Expected the header Note to be text on one line/],
  ["a number", { Note: 5 } as unknown as MessageHeaders, /^Expected the header Note to be text on one line, got "5"/],
  ["a space in a name", { "My Note": "a" }, /^Expected the name of a header to be letters, digits and signs/],
  ["an empty name", { "": "a" }, /^Expected the name of a header/],
  ["a colon in a name", { "a:b": "a" }, /^Expected the name of a header/],
  ["the server's name", { "nats-ttl": "1s" }, /^The header "nats-ttl" is reserved: /],
  ["the kit's name", { "REPLY-TO": "orders" }, /^The header "REPLY-TO" is reserved: .* Use another name\.$/],
  ["a dead letter's name", { "Dead-Letter-Reason": "x" }, /^The header "Dead-Letter-Reason" is reserved: /],
  [
    "too many bytes",
    { a: "x".repeat(30_000), b: "🍲".repeat(8_000) },
    /^Expected headers of at most 60000 bytes, got 62010; /,
  ],
  ["a list", [] as unknown as MessageHeaders, /^Expected headers to be an object such as/],
];

test.concurrent.each(refused)("headers with %s are refused before anything is sent", async (_, given, message) => {
  await using w = await harnesses.next();
  const alice = await w.requester();
  const limited = await w.requester({ name: "carol", maxOutstanding: 1 });
  const options = { headers: given };
  const calls = [
    alice.request("tenant", "", options),
    limited.request("tenant", "", options),
    alice.send("tenant", "", options),
  ];
  for (const call of calls) {
    const error = await call.catch((thrown) => thrown);
    expect(error).toBeInstanceOf(InvalidInputError);
    expect(error.message).toMatch(message);
  }
  await expect(alice.requestMany("tenant", "", options).next()).rejects.toThrow(message);
  expect([await w.count("REQUESTS"), w.events]).toEqual([0, []]);
});

test("a handler that sets a reserved header fails, and its request ends", async () => {
  await using w = await harnesses.next();
  const reserved = () => new HandlerReply("tea", { headers: { "Reply-Status": "rejected" } });
  await w.responder({ handlers: { reserved } });
  const alice = await w.requester({ timeoutMs: 20_000 });
  const reply = await alice.request("reserved");
  expect(reply).toMatchObject({
    status: "error",
    text: expect.stringMatching(/^The header "Reply-Status" is reserved/),
  });
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
});

test("headers of 59,000 bytes are stored, kept in a dead letter, and come back with its replay", async () => {
  await using w = await harnesses.next({ maxDeliver: 1 });
  const large = "x".repeat(59_000);
  const bob = await w.responder({
    handlers: {
      large: () => {
        throw new RetryLaterError("not now");
      },
    },
  });
  const alice = await w.requester({ timeoutMs: 20_000 });
  expect((await alice.request("large", "", { headers: { large } })).status).toBe("dead-lettered");
  await bob.drain();
  expect(await listDeadLetters(w.nc)).toMatchObject([{ reason: "not now" }]);
  const again = await w.responder({ handlers: { large: (r) => `${r.headers.get("large").length}` } });
  await replayDeadLetter(w.nc, 1);
  await w.saw("replied", (e) => e.status === "ok" && e.payload === "59000");
  await again.drain();
});

async function republished(w: Harness, payload: MessagePayload) {
  const alice = await w.requester({ timeoutMs: 20_000 });
  const reply = await alice.request("tenant", payload, { headers: { "X-Tenant": "grey" } });
  return reply.headers.get("X-Tenant");
}

test("a request without a PubAck is published again with its headers", async () => {
  await using w = await harnesses.next();
  const { publish } = w.nc;
  let lost = 0;
  w.nc.publish = (subject, payload, options) => {
    if (subject === "requests.tenant" && lost++ === 0) return; // the first one never leaves
    publish.call(w.nc, subject, payload, options);
  };
  await w.responder({ handlers: { tenant } });
  expect(await republished(w, "late")).toBe("grey");
  expect(lost).toBe(2);
});
