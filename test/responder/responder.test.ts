// A responder against a real server: statuses, bad requests, redelivery, and reply streams that refuse.
import { headers } from "@nats-io/nats-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Handler, InvalidInputError, NotSetUpError, Responder } from "../../src/index.js";
import { orderHandlers } from "../internal/runner.js";
import { type Harness, type Harnesses, soon, startHarnesses } from "../support/harness.js";
import { serverIs } from "../support/server-version.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses("max_payload: 64KB");
});
afterAll(() => harnesses[Symbol.asyncDispose]());

/** A request as anyone can send it, with any headers. */
async function send(w: Harness, subject: string, header: Record<string, string>, payload: string | Uint8Array = "") {
  const h = headers();
  for (const [name, value] of Object.entries(header)) h.append(name, value);
  const ack = await w.nc.request(subject, payload, { headers: h, timeout: 5_000 });
  return ack.json<{ seq: number }>().seq;
}

const storedReply = async (w: Harness, subject: string) =>
  w.jsm.streams.getMessage("REPLIES", { last_by_subj: subject });

test("the default handlers answer sandwich, bagel and flatbread", async () => {
  await using w = await harnesses.next();
  await w.responder();
  const alice = await w.requester();
  const orders = ["order-sandwich", "order-bagel", "order-flatbread"];
  const replies = await Promise.all(orders.map((order) => alice.request(order)));
  expect(replies.map((r) => r.text)).toEqual(["🥪", "🥯", "🥙"]);
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
});

test("the reply is stored before the request is acknowledged", async () => {
  await using w = await harnesses.next();
  await w.responder();
  await (await w.requester()).request("order-bagel", "", { id: "1" });
  await w.saw("acked");
  const order = w.events.map((e) => e.type);
  expect(order.filter((t) => ["delivered", "executed", "replied", "acked"].includes(t))).toEqual([
    "delivered",
    "executed",
    "replied",
    "acked",
  ]);
  expect(w.of("replied")).toMatchObject([{ to: "replies.alice.1", stream: "REPLIES", sequence: 1 }]);
});

test("an order without a handler is terminated with a rejected reply", async () => {
  await using w = await harnesses.next();
  await w.responder();
  const alice = await w.requester();
  for (const order of ["order-soup", "toString", "__proto__"]) {
    expect(await alice.request(order)).toMatchObject({ status: "rejected", text: `no such order: ${order}` });
  }
  expect(w.of("terminated").map((e) => e.reason)).toContain("no such order: toString");
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
});

test("a silent responder terminates an order without a handler, and stores no reply", async () => {
  await using w = await harnesses.next({ ackWaitMs: 60_000 });
  await w.responder({ unmatched: "silent" });
  await send(w, "requests.order-soup", { "Reply-To": "replies.alice.1", "Nats-Msg-Id": "1" });
  await send(w, "requests.order-bagel", { "Reply-To": "replies.alice.2", "Nats-Msg-Id": "2" });
  await w.saw("acked"); // the second: the first is over by then
  expect(w.of("terminated")).toMatchObject([{ request: "1", reason: "no such order: order-soup" }]);
  expect(w.of("replied").map((e) => e.request)).toEqual(["2"]);
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  expect(await storedReply(w, "replies.alice.1")).toBeNull();
});

test("the server's advisory has the reason of a termination if the server supports reasons", async () => {
  await using w = await harnesses.next();
  const advisory = new Promise<string>((resolve) => {
    const subject = "$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.REQUESTS.responder";
    w.nc.subscribe(subject, { max: 1, callback: (_, msg) => resolve(msg.json<{ reason: string }>().reason) });
  });
  await w.responder();
  await send(w, "requests.order-bagel", {});
  expect(await advisory).toBe(serverIs("2.10.4") ? "no reply address" : undefined);
});

const fails: [string, Handler, string][] = [
  ["an error", () => Promise.reject(new Error("out of bagels")), "out of bagels"],
  [
    "an error of several lines",
    () => Promise.reject(new Error("a\r\nReply-Status: ok\n\nb")),
    "a\r\nReply-Status: ok\n\nb",
  ],
  ["an empty error", () => Promise.reject(new Error("")), ""],
  ["text", () => Promise.reject("no"), "no"],
  ["nothing", () => Promise.reject(undefined), "undefined"],
  ["what has no text", () => Promise.reject(Object.create(null)), "the handler threw something that has no text"],
  ["an error whose message is none", () => Promise.reject(Object.assign(new Error(), { message: 5 })), "5"],
  [
    "at once",
    () => {
      throw new Error("sync");
    },
    "sync",
  ],
  ["nothing, but returns a number", (() => 5) as unknown as Handler, "the handler returned number, not text or bytes"],
  [
    "nothing, but returns nothing",
    (() => undefined) as unknown as Handler,
    "the handler returned undefined, not text or bytes",
  ],
];

test("a handler that throws any value ends its request with an error reply", async () => {
  await using w = await harnesses.next();
  await w.responder({ handlers: Object.fromEntries(fails.map(([, handler], n) => [`fail-${n}`, handler])) });
  const alice = await w.requester();
  const replies = await Promise.all(fails.map((_, n) => alice.request(`fail-${n}`, "", { id: `${n}` })));
  expect(replies).toMatchObject(fails.map(([, , text]) => ({ status: "error", text })));
  const stored = await storedReply(w, "replies.alice.1");
  expect(stored?.header.get("Nats-Service-Error")).toBe("a Reply-Status: ok b");
  expect(stored?.header.get("Nats-Service-Error-Code")).toBe("500");
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  expect(w.of("executed")).toEqual([]);
});

test("a payload that is not text is rejected and terminated", async () => {
  await using w = await harnesses.next();
  await w.responder({ handlers: { text: (r) => r.text, json: (r) => r.json<{ a: string }>().a } });
  const alice = await w.requester();
  const bad = new Uint8Array([0xc3, 0x28]);
  expect(await alice.request("text", bad)).toMatchObject({ status: "rejected", text: "the payload is not UTF-8 text" });
  expect(await alice.request("json", "{")).toMatchObject({ status: "rejected", text: "the payload is not JSON" });
  expect(await alice.request("json", '{"a":"🥯"}')).toMatchObject({ status: "ok", text: "🥯" });
  await w.saw("acked");
  expect(w.of("terminated").map((e) => e.reason)).toEqual(["the payload is not UTF-8 text", "the payload is not JSON"]);
});

test("an invalid reply address terminates the request, and the responder and its connection continue", async () => {
  await using w = await harnesses.next();
  let cooked = 0;
  await w.responder({ handlers: { "order-bagel": () => `${++cooked}` } });
  const addresses = [
    "$JS.API.STREAM.DELETE.REQUESTS",
    "$SYS.REQ.SERVER.PING",
    "requests.order-bagel",
    "replied.alice.1",
    "replies.alice",
    "replies.alice.1.2",
    "a.*",
    "a.>",
    "a b",
    "x".repeat(10_000),
  ];
  for (const to of addresses) await send(w, "requests.order-bagel", { "Reply-To": to });
  await send(w, "requests.order-bagel", {});
  const alice = await w.requester();
  expect((await alice.request("order-bagel")).text).toBe("1");
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  expect(w.of("terminated")).toHaveLength(addresses.length + 1);
  expect(new Set(w.of("delivered").map((e) => e.delivery))).toEqual(new Set([1]));
  expect(await w.count("REPLIES")).toBe(1);
});

test("a request with unreadable headers is terminated, and a stored message with such headers is not a reply", async () => {
  await using w = await harnesses.next();
  // This client refuses to write such a value, and to read it; another one may write it.
  const h = headers() as ReturnType<typeof headers> & { headers: Map<string, string[]> };
  h.headers.set("Nats-Msg-Id", ["a\nb"]);
  await w.nc.request("requests.order-bagel", "", { headers: h, timeout: 5_000 });
  const alice = await w.requester();
  await w.nc.request("replies.alice.1", "x", { headers: h, timeout: 5_000 });
  expect((await w.saw("foreign-reply")).reason).toBe("it has no header Reply-Status");
  await w.responder();
  expect((await w.saw("terminated")).reason).toBe("the headers cannot be read");
  expect((await alice.request("order-bagel")).text).toBe("🥯");
});

test("a request without an id or with a long id is answered", async () => {
  await using w = await harnesses.next();
  await w.responder();
  await send(w, "requests.order-bagel", { "Reply-To": "replies.alice.1" });
  await send(w, "requests.order-bagel", { "Reply-To": "replies.alice.2", "Nats-Msg-Id": "x".repeat(10_000) });
  await w.saw("acked", () => w.of("acked").length === 2);
  expect((await storedReply(w, "replies.alice.1"))?.header.get("Request-Id")).toBe("REQUESTS:1");
  expect((await storedReply(w, "replies.alice.2"))?.header.get("Request-Id")).toHaveLength(10_000);
});

test("an id that leaves no room for a reply terminates the request after one execution", async () => {
  await using w = await harnesses.next();
  await w.responder();
  const h = headers();
  h.set("Nats-Msg-Id", "x".repeat(65_460));
  h.set("Reply-To", "replies.alice.1");
  await w.nc.request("requests.order-bagel", "", { headers: h, timeout: 5_000 });
  expect((await w.saw("terminated")).reason).toMatch(/^no reply can be sent: /);
  expect(w.of("executed")).toHaveLength(1);
});

test("a reply larger than max_payload becomes an error reply, also if it is an error", async () => {
  await using w = await harnesses.next();
  const large = "x".repeat(70_000);
  await w.responder({ handlers: { large: () => large, oops: () => Promise.reject(new Error(large)) } });
  const alice = await w.requester();
  for (const order of ["large", "oops"]) {
    const reply = await alice.request(order);
    expect(reply).toMatchObject({ status: "error", text: expect.stringContaining("max_payload") });
  }
  expect(w.of("delivered")).toHaveLength(2);
});

test("a reply is kept while the reply stream is full, and stored once there is room: the handler runs once", async () => {
  await using w = await harnesses.next({ ackWaitMs: 1_000 });
  await w.jsm.streams.update("REPLIES", { max_msgs: 1 });
  w.nc.publish("replies.someone.else", "takes the only place");
  await w.responder();
  const alice = await w.requester({ timeoutMs: 20_000 });
  const call = alice.request("order-bagel");
  expect((await w.saw("not-stored")).reason).toContain("maximum messages exceeded");
  await w.jsm.streams.purge("REPLIES");
  expect((await call).text).toBe("🥯");
  expect([w.of("executed").length, w.of("returned")]).toEqual([1, []]);
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
});

test("a redelivered request whose reply is stored gets no second reply and is acknowledged", async () => {
  await using w = await harnesses.next({ ackWaitMs: 60_000 });
  await w.nc.request("replies.alice.1", "the first reply");
  await w.responder();
  await send(w, "requests.order-bagel", { "Reply-To": "replies.alice.1", "Nats-Msg-Id": "1" });
  expect((await w.saw("reply-refused")).reason).toContain("wrong last sequence");
  await w.saw("acked");
  expect(await w.count("REPLIES")).toBe(1);
  expect((await storedReply(w, "replies.alice.1"))?.string()).toBe("the first reply");
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  await send(w, "requests.order-soup", { "Reply-To": "replies.alice.1", "Nats-Msg-Id": "2" });
  await w.saw("terminated");
});

test("the error reply in place of a last reply that is too large still counts the parts", async () => {
  await using w = await harnesses.next();
  const handlers: Record<string, Handler> = {
    async *"order-feast"() {
      yield "salad";
      return "x".repeat(70_000);
    },
  };
  await w.responder({ handlers });
  const reply = await (await w.requester()).request("order-feast", "", { timeoutMs: 20_000 });
  expect(reply).toMatchObject({ status: "error", text: expect.stringContaining("max_payload"), parts: 1 });
});

test("a request whose reply gets no PubAck is not NAKed, and its redelivery finds the stored reply", async () => {
  await using w = await harnesses.next({ ackWaitMs: 1_000 });
  const { config } = await w.jsm.streams.info("REPLIES");
  await w.jsm.streams.update("REPLIES", { ...config, no_ack: true });
  const sent: string[] = [];
  w.nc.subscribe("$JS.ACK.>", { callback: (_, msg) => void sent.push(msg.string()) });
  await w.responder();
  const alice = await w.requester({ timeoutMs: 20_000 });
  expect((await alice.request("order-bagel", "", { id: "1" })).text).toBe("🥯");
  expect(await w.saw("reply-refused")).toMatchObject({ request: "1", reason: expect.stringMatching(/^No PubAck/) });
  expect(await w.saw("already-answered")).toMatchObject({ request: "1", status: "ok" });
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  expect([w.of("executed").length, w.of("returned")]).toEqual([1, []]);
  expect(new Set(sent)).toEqual(new Set(["+WPI", "+ACK"]));
});

test.each([
  ["throws", () => Promise.resolve()],
  ["rejects", () => Promise.reject(new Error("the disk is full"))],
])("an observer that %s is reported once, and the responder answers", async (what, returned) => {
  await using w = await harnesses.next();
  const warnings: string[] = [];
  const onWarning = ({ message }: Error) => void (message.includes("the disk is full") && warnings.push(message));
  process.on("warning", onWarning);
  await using responder = await Responder.start(w.nc, {
    name: "bob",
    handlers: orderHandlers,
    observe: () => {
      if (what === "throws") throw new Error("the disk is full");
      return returned();
    },
  });
  const alice = await w.requester({ timeoutMs: 20_000 });
  for (let n = 0; n < 3; n++) expect((await alice.request("order-bagel")).text).toBe("🥯");
  expect(responder.state).toBe("running");
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  process.off("warning", onWarning);
  expect(warnings).toEqual(["The observer of responder bob failed: the disk is full"]);
});

test("a responder without streams or consumer does not start, and the error has advice", async () => {
  await using w = await harnesses.next(false);
  await expect(w.responder()).rejects.toThrow(NotSetUpError);
  await using set = await harnesses.next();
  await expect(set.responder({ consumer: "other" })).rejects.toThrow("consumer other on REQUESTS");
  await expect(set.responder({ concurrency: 0 })).rejects.toThrow(InvalidInputError);
  await expect(set.responder({ concurrency: 4, prefetch: 3 })).rejects.toThrow(
    new InvalidInputError(
      "Expected the prefetch to be at least the concurrency, 4, got 3: lower the concurrency, too.",
    ),
  );
});
