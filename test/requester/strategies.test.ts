// Each reply strategy against a real server: a round trip, what is stored of it, a late reply, and coming back for it.
import { headers } from "@nats-io/nats-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  collect,
  formatHandle,
  locate,
  NotSetUpError,
  parseHandle,
  Requester,
  RequestTimeoutError,
  setup,
} from "../../src/index.js";
import { labReplyStrategies } from "../internal/compare.js";
import { defaultNames, kit } from "../internal/protocol.js";
import { strategies } from "../internal/requester.js";
import { type Harness, type Harnesses, soon, startHarnesses } from "../support/harness.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

const all = { strategies: ["kv", "shared"] } as const;

/** What each stream of replies holds of one reply. */
const keeps = {
  inbox: { REPLIES: 0, KV_REPLIES_KV: 0, SHARED_REPLIES: 0 },
  mailbox: { REPLIES: 1, KV_REPLIES_KV: 0, SHARED_REPLIES: 0 },
  kv: { REPLIES: 0, KV_REPLIES_KV: 1, SHARED_REPLIES: 0 },
  shared: { REPLIES: 0, KV_REPLIES_KV: 0, SHARED_REPLIES: 1 },
  trial: { REPLIES: 0, KV_REPLIES_KV: 0, SHARED_REPLIES: 0 },
};

async function counts(w: Harness) {
  const info = async (name: string) => [name, (await w.jsm.streams.info(name)).state.messages] as const;
  return Object.fromEntries(await Promise.all(Object.keys(keeps.inbox).map(info)));
}

/** A request that nobody answered in time. */
async function timedOut(w: Harness, reply: keyof typeof keeps, id: string): Promise<RequestTimeoutError> {
  const alice = await w.requester({ reply });
  const error = await alice.request("order-sandwich", "", { id, timeoutMs: 100 }).catch((e) => e);
  expect(error).toBeInstanceOf(RequestTimeoutError);
  return error;
}

test("the registry has every strategy that a history may name, in that order", () => {
  expect(Object.keys(strategies)).toEqual([...labReplyStrategies]);
});

describe.each(labReplyStrategies)("%s", (reply) => {
  test("100 requests get their own replies, and the reply is stored where the strategy says", async () => {
    await using w = await harnesses.next(all);
    await w.responder({ handlers: { echo: (r) => r.data } });
    const alice = await w.requester({ reply, timeoutMs: 20_000 });
    expect((await alice.request("echo", "first")).text).toBe("first");
    expect(await counts(w)).toEqual(keeps[reply]);
    const numbers = Array.from({ length: 100 }, (_, n) => `${n}`);
    expect((await Promise.all(numbers.map((n) => alice.request("echo", n)))).map((r) => r.text)).toEqual(numbers);
    expect(w.of("requested")[0]?.strategy).toBe(reply);
  });

  test("another requester of the same name does not take its replies", async () => {
    await using w = await harnesses.next(all);
    const [one, two] = [await w.requester({ reply }), await w.requester({ reply })];
    await w.responder({ handlers: { echo: (r) => r.data } });
    const replies = await Promise.all([one.request("echo", "one"), two.request("echo", "two")]);
    expect(replies.map((r) => r.text)).toEqual(["one", "two"]);
  });

  test("an order without a handler is rejected in the reply", async () => {
    await using w = await harnesses.next(all);
    await w.responder();
    const alice = await w.requester({ reply, timeoutMs: 20_000 });
    const { status, text } = await alice.request("order-drink");
    expect([status, text]).toEqual(["rejected", "no such order: order-drink"]);
  });
});

describe.each(["mailbox", "kv"] as const)("%s", (reply) => {
  test("collect with a parsed handle finds the reply and its place", async () => {
    await using w = await harnesses.next(all);
    const { handle, findings } = await timedOut(w, reply, "lunch");
    expect(findings.whereabouts).toBe("queued");
    const kept = parseHandle(formatHandle(handle));
    expect(await collect(w.nc, kept)).toBeUndefined();
    const waiting = collect(await w.connect(), kept, { timeoutMs: 20_000 });
    await w.responder();
    expect(await waiting).toMatchObject({ status: "ok", text: "🥪", sequence: 1 });
    expect(await collect(w.nc, kept)).toMatchObject({ status: "ok", text: "🥪" });
    expect(await locate(w.nc, kept)).toMatchObject({ where: "replied", reply: { text: "🥪" } });
  });

  test("the first reply wins", async () => {
    await using w = await harnesses.next(all);
    const bob = await w.responder({ handlers: { tea: "first" } });
    const alice = await w.requester({ reply });
    await alice.request("tea", "", { id: "t" });
    await bob.drain();
    // Another stored message with the same address stands for a redelivery after a crash.
    const replyTo = strategies[reply](defaultNames, "alice", "unused").replyTo("t");
    w.nc.publish("requests.tea", "", { headers: kit.requestHeaders("t2", replyTo) });
    await w.responder({ name: "carol", handlers: { tea: "second" } });
    expect((await w.saw("reply-refused")).reason).toMatch(/wrong last sequence/);
    const handle = w.of("stored")[0];
    const store = reply === "kv" ? { store: "kv" as const } : {};
    const found = await collect(w.nc, {
      ...{ requester: "alice", request: "t", stream: "REQUESTS", sequence: handle?.sequence ?? 0 },
      ...store,
    });
    expect(found?.text).toBe("first");
  });
});

describe("kv", () => {
  test("the bucket is readable with the client's Kv, and its stream has the client's configuration", async () => {
    await using w = await harnesses.next(all);
    await w.responder();
    const alice = await w.requester({ reply: "kv" });
    await alice.request("order-sandwich", "", { id: "lunch" });
    const { config } = await w.jsm.streams.info("KV_REPLIES_KV");
    expect(config).toMatchObject({
      subjects: ["$KV.REPLIES_KV.>"],
      max_msgs_per_subject: 1,
      allow_rollup_hdrs: true,
      deny_delete: true,
      allow_direct: true,
      discard: "new",
    });
    // What `nats kv get REPLIES_KV alice.lunch` asks for (ADR-8, ADR-31).
    const got = await w.nc.request("$JS.API.DIRECT.GET.KV_REPLIES_KV.$KV.REPLIES_KV.alice.lunch");
    expect(got.string()).toBe("🥪");
  });

  test("a deleted key is not a reply for a pending call or a collect", async () => {
    await using w = await harnesses.next(all);
    const alice = await w.requester({ reply: "kv", timeoutMs: 20_000 });
    const reply = alice.request("order-sandwich", "", { id: "lunch" });
    await w.saw("stored");
    const h = headers();
    h.set("KV-Operation", "DEL");
    await w.nc.request("$KV.REPLIES_KV.alice.lunch", "", { headers: h, timeout: 5_000 });
    const handle = parseHandle("alice.lunch.REQUESTS.1.kv");
    expect(await collect(w.nc, handle)).toBeUndefined();
    expect(await locate(w.nc, handle)).toMatchObject({ where: "queued" });
    await w.jsm.streams.purge("KV_REPLIES_KV");
    await w.responder();
    expect((await reply).text).toBe("🥪");
  });
});

describe("shared", () => {
  test("a requester that is opened later does not get earlier replies, and an open one does", async () => {
    await using w = await harnesses.next(all);
    const { handle } = await timedOut(w, "shared", "lunch");
    expect(formatHandle(handle)).toBe("alice.lunch.REQUESTS.1.shared");
    await w.responder();
    expect(await w.saw("received")).toMatchObject({ request: "lunch", late: true });
    const later = await w.requester({ reply: "shared", timeoutMs: 300 });
    await expect(later.request("order-sandwich", "", { id: "lunch" })).rejects.toThrow(RequestTimeoutError);
    const consumers = await w.jsm.consumers.list("SHARED_REPLIES").next();
    expect(consumers.map(({ delivered, config }) => [delivered.consumer_seq, config.deliver_policy]).sort()).toEqual([
      [0, "new"],
      [1, "new"],
    ]);
    expect(await collect(w.nc, handle)).toBeUndefined();
    expect((await locate(w.nc, handle)).evidence).toMatch(/seen by a consumer of its time only/);
  });
});

describe("trial", () => {
  test("a call that times out deletes its request, and no responder executes it", async () => {
    await using w = await harnesses.next(all);
    const { findings } = await timedOut(w, "trial", "lunch");
    expect(findings).toMatchObject({ whereabouts: "gone", remaining: 0 });
    expect(findings.evidence).toBe("message 1 was queued, and was deleted from REQUESTS when its time was up");
    expect(w.of("removed")).toEqual([{ type: "removed", request: "lunch", stream: "REQUESTS", sequence: 1 }]);
    expect(await w.count("REQUESTS")).toBe(0);
  });

  test("a call deletes only its own request", async () => {
    await using w = await harnesses.next(all);
    const alice = await w.requester({ reply: "trial" });
    const lost = alice.request("order-sandwich", "", { id: "lunch", timeoutMs: 300 }).catch((e) => e);
    await w.saw("stored");
    await w.jsm.streams.delete("REQUESTS");
    await setup(w.nc, { storage: "memory", ...all });
    const other = await w.requester({ reply: "inbox", timeoutMs: 20_000 });
    const answered = other.request("order-bagel");
    expect((await lost).findings).toMatchObject({
      whereabouts: "unknown",
      evidence: expect.stringContaining("is another request"),
    });
    expect(w.of("removed")).toEqual([]);
    await w.responder();
    expect((await answered).text).toBe("🥯");
  });
});

test.each(["kv", "shared"] as const)("strategy %s without its stream fails at once with advice", async (reply) => {
  await using w = await harnesses.next();
  await expect(w.requester({ reply })).rejects.toThrow(NotSetUpError);
  await expect(w.requester({ reply })).rejects.toThrow(`run \`jsrr setup --strategies ${reply}\` first`);
});

test("replies stored during a break of the connection are read by each strategy that can", async () => {
  await using w = await harnesses.next(all);
  const nc = await w.connect();
  const alice = await Requester.open(nc, { name: "alice", reply: "kv", timeoutMs: 20_000 });
  const reply = alice.request("order-sandwich", "", { id: "lunch" });
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(1);
  await nc.reconnect();
  await w.responder();
  expect((await reply).text).toBe("🥪");
  await alice.close();
});
