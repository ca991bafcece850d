// A responder written from docs/protocol.md alone, with the kit's requester on a real server.
import { jetstream } from "@nats-io/jetstream";
import { headers } from "@nats-io/nats-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  cancel,
  collect,
  DuplicateIdError,
  listDeadLetters,
  locate,
  RequestTimeoutError,
  replayDeadLetter,
} from "../../src/index.js";
import { startResponder, TryAgain } from "../fixtures/foreign/responder.js";
import { gate, type Harness, type Harnesses, replyStatus, soon, startHarnesses } from "../support/harness.js";
import { serverLacks } from "../support/server-version.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

type Start = Parameters<typeof startResponder>;

/** Until the end of the test. */
async function foreign(w: Harness, handlers: Start[1]): Promise<{ stop(): Promise<void> }> {
  return startResponder(await w.connect(), handlers);
}

const patient = { timeoutMs: 20_000 };
const empty = (w: Harness) => expect.poll(() => w.count("REQUESTS"), soon).toBe(0);

test("the kit's requester receives ok, rejected and error from a foreign responder", async () => {
  await using w = await harnesses.next();
  await foreign(w, {
    "order-tea": ({ id, data }) => `${id}: ${new TextDecoder().decode(data)}`,
    "order-stew": () => {
      throw new Error("sold out\nsince noon");
    },
  });
  const alice = await w.requester(patient);
  expect(await alice.request("order-tea", "green", { id: "tea" })).toMatchObject({ status: "ok", text: "tea: green" });
  expect(await alice.request("order-soup")).toMatchObject({ status: "rejected", text: "no such order: order-soup" });
  expect(await alice.request("order-stew")).toMatchObject({ status: "error", text: "sold out\nsince noon" });
  await empty(w);
  expect(await w.count("REPLIES")).toBe(3);
});

test("an inbox request is answered by a foreign responder, and nothing is stored", async () => {
  await using w = await harnesses.next();
  await foreign(w, { "order-tea": () => "tea" });
  const alice = await w.requester({ ...patient, reply: "inbox" });
  expect(await alice.request("order-tea")).toMatchObject({ status: "ok", text: "tea" });
  await empty(w);
  expect(await w.count("REPLIES")).toBe(0);
});

test("a foreign responder retries a request with a delayed nak, and its delivery count grows", async () => {
  await using w = await harnesses.next();
  await foreign(w, {
    "order-stew": ({ deliveryCount }) => {
      if (deliveryCount < 3) throw new TryAgain("the stove is cold");
      return `attempt ${deliveryCount}`;
    },
  });
  const alice = await w.requester(patient);
  expect(await alice.request("order-stew")).toMatchObject({ status: "ok", text: "attempt 3" });
  await empty(w);
});

const cold = {
  "order-stew": () => {
    throw new TryAgain("the stove is cold");
  },
};

test("a dead letter of a foreign responder is replayed, and its reply ends at the first handle", async () => {
  await using w = await harnesses.next({ maxDeliver: 2 });
  const bob = await foreign(w, cold);
  const alice = await w.requester(patient);
  const reply = await alice.request("order-stew", "for alice", { id: "stew" });
  expect(reply).toMatchObject({ status: "dead-lettered", text: "the stove is cold" });
  await empty(w);
  await bob.stop();
  const [letter] = await listDeadLetters(w.nc);
  expect(letter).toMatchObject({ request: "stew", requestSequence: 1, deliveries: 2, replyTo: "replies.alice.stew" });
  expect(await replayDeadLetter(w.nc, letter?.sequence as number)).toMatchObject({
    outcome: "replayed",
    request: "stew",
  });
  expect([await w.count("REQUESTS"), await w.count("DEAD_LETTERS")]).toEqual([1, 0]);
  await foreign(w, { "order-stew": ({ id }) => `stew for ${id}` });
  const handle = { requester: "alice", request: "stew", stream: "REQUESTS", sequence: 1 };
  expect(await collect(w.nc, handle, patient)).toMatchObject({ status: "ok", text: "stew for stew" });
});

test.skipIf(serverLacks("metadata of a consumer, and never delivers after max_deliver", "2.10.0"))(
  "a foreign responder makes a dead letter of a request whose last attempt crashed, and does not run it",
  async () => {
    await using w = await harnesses.next({ maxDeliver: 1 });
    const alice = await w.requester(patient);
    const handle = await alice.send("order-tea", "", { id: "tea" });
    const consumer = await jetstream(w.nc).consumers.get("REQUESTS", "responder");
    (await consumer.next())?.nak();
    const ran: number[] = [];
    await foreign(w, { "order-tea": () => `tea ${ran.push(1)}` });
    expect(await collect(w.nc, handle, patient)).toMatchObject({ status: "dead-lettered" });
    expect([ran.length, await w.count("DEAD_LETTERS")]).toEqual([0, 1]);
    await empty(w);
  },
);

test("a replay keeps the dead letter of a foreign responder if the request was not sent again", async () => {
  await using w = await harnesses.next({ maxDeliver: 1 });
  const bob = await foreign(w, cold);
  await (await w.requester(patient)).request("order-stew", "for alice", { id: "stew" });
  await empty(w);
  await bob.stop();
  const { config } = await w.jsm.streams.info("REQUESTS");
  await w.jsm.streams.update("REQUESTS", { ...config, max_msg_size: 10 });
  await expect(replayDeadLetter(w.nc, 1)).rejects.toThrow();
  expect([await w.count("REQUESTS"), await w.count("DEAD_LETTERS")]).toEqual([0, 1]);
  await w.jsm.streams.update("REQUESTS", config);
  expect(await replayDeadLetter(w.nc, 1)).toMatchObject({ outcome: "replayed" });
});

test("the kit cancels a queued request that a foreign responder then never runs", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester(patient);
  const handle = await alice.send("order-tea");
  expect(await cancel(w.nc, handle)).toMatchObject({ outcome: "removed" });
  const ran: string[] = [];
  await foreign(w, { "order-tea": ({ id }) => `tea ${ran.push(id)}` });
  expect(await alice.request("order-tea", "", { id: "second" })).toMatchObject({ status: "ok" });
  expect(ran).toEqual(["second"]);
  expect(await collect(w.nc, handle)).toMatchObject({ status: "cancelled" });
});

test("the kit cancels a request in the hand of a foreign responder, which stops and stores cancelled", async () => {
  await using w = await harnesses.next();
  const running = gate();
  await foreign(w, {
    "order-stew": ({ signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(new Error("stopped")));
        running.open();
      }),
  });
  const alice = await w.requester(patient);
  const handle = await alice.send("order-stew");
  await running.opened;
  expect(await cancel(w.nc, handle)).toMatchObject({ outcome: "already-running" });
  expect(await collect(w.nc, handle, patient)).toMatchObject({ status: "cancelled", text: "stopped" });
  await empty(w);
});

test("a repeated id is answered once by a foreign responder, and both calls receive the reply", async () => {
  await using w = await harnesses.next();
  let runs = 0;
  await foreign(w, { "order-tea": () => `run ${++runs}` });
  const [alice, carol] = [await w.requester(patient), await w.requester({ ...patient, name: "carol" })];
  expect(await alice.request("order-tea", "", { id: "tea" })).toMatchObject({ text: "run 1" });
  expect(await carol.request("order-tea", "", { id: "tea" })).toMatchObject({ text: "run 1" });
  expect(await w.count("REPLIES")).toBe(1);
});

test("the kit's requester rejects an id that a foreign responder answered on another subject", async () => {
  await using w = await harnesses.next();
  await foreign(w, { "order-tea": () => "tea", "order-coffee": () => "coffee" });
  const alice = await w.requester(patient);
  expect(await alice.request("order-tea", "", { id: "one" })).toMatchObject({ text: "tea" });
  await expect(alice.request("order-coffee", "", { id: "one" })).rejects.toBeInstanceOf(DuplicateIdError);
});

test("a foreign responder acks a request whose reply is stored already", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester(patient);
  const handle = await alice.send("order-tea", "", { id: "tea" });
  const { headers: h } = replyStatus();
  h.set("Request-Id", "tea");
  await w.nc.request("replies.alice.tea", "the first", { headers: h, timeout: 5_000 });
  await foreign(w, { "order-tea": () => "the second" });
  await empty(w);
  expect(await collect(w.nc, handle)).toMatchObject({ text: "the first" });
});

test.skipIf(serverLacks("per-message TTLs", "2.11.0"))(
  "a foreign responder that receives a request after its deadline stores expired and runs nothing",
  async () => {
    await using w = await harnesses.next();
    const alice = await w.requester();
    const began = gate();
    const blocked = gate();
    const ran: string[] = [];
    await foreign(w, {
      "order-first": async () => {
        began.open();
        await blocked.opened;
        return "first";
      },
      "order-tea": ({ id }) => `tea ${ran.push(id)}`,
    });
    const first = alice.request("order-first", "", patient);
    await began.opened;
    const late = alice.request("order-tea", "", { id: "late", timeoutMs: 50, onTimeout: "expire" });
    const error = (await late.catch((e: unknown) => e)) as RequestTimeoutError;
    expect(error).toBeInstanceOf(RequestTimeoutError);
    blocked.open();
    await first;
    expect(await collect(w.nc, error.handle, patient)).toMatchObject({ status: "expired" });
    expect(ran).toEqual([]);
  },
);

test("a foreign responder answers expired to a request whose deadline has passed", async () => {
  await using w = await harnesses.next();
  await foreign(w, { "order-tea": () => "tea" });
  const h = headers();
  h.set("Nats-Msg-Id", "tea");
  h.set("Reply-To", "replies.alice.tea");
  h.set("Request-Deadline", String(Date.now() - 1));
  await w.nc.request("requests.order-tea", "", { headers: h, timeout: 5_000 });
  const handle = { requester: "alice", request: "tea", stream: "REQUESTS", sequence: 1 };
  expect(await collect(w.nc, handle, patient)).toMatchObject({ status: "expired" });
  expect(await locate(w.nc, handle)).toMatchObject({ where: "ended" });
  await empty(w);
});

test("binary payloads of a foreign responder reach the kit's requester unchanged", async () => {
  await using w = await harnesses.next();
  await foreign(w, { "order-echo": ({ data }) => data.slice().reverse() });
  const alice = await w.requester(patient);
  const bytes = Uint8Array.from({ length: 256 }, (_, n) => n);
  const { data } = await alice.request("order-echo", bytes);
  expect([...data]).toEqual([...bytes].reverse());
});

test("a foreign responder answers a request without an id under its stream and sequence", async () => {
  await using w = await harnesses.next();
  await foreign(w, { "order-tea": ({ id }) => id });
  const h = headers();
  h.set("Reply-To", "replies.alice.tea");
  await w.nc.request("requests.order-tea", "", { headers: h, timeout: 5_000 });
  await empty(w);
  const stored = await w.jsm.streams.getMessage("REPLIES", { last_by_subj: "replies.alice.tea" });
  expect([stored?.string(), stored?.header.get("Request-Id")]).toEqual(["REQUESTS:1", "REQUESTS:1"]);
});

test("the kit's requester judges a status that it does not know by the code", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester(patient);
  const answer = async (id: string, code?: string) => {
    const reply = alice.request("order-tea", "", { id });
    await w.saw("stored", ({ request }) => request === id);
    const { headers: h } = replyStatus("postponed");
    h.set("Request-Id", id);
    if (code) h.set("Nats-Service-Error-Code", code);
    await w.nc.request(`replies.alice.${id}`, "later", { headers: h, timeout: 5_000 });
    return (await reply).status;
  };
  expect(await answer("r1", "404")).toBe("rejected");
  expect(await answer("r2", "429")).toBe("error");
  expect(await answer("r3")).toBe("ok");
});

test("the kit's requester receives the parts of a foreign responder in order", async () => {
  await using w = await harnesses.next();
  await foreign(w, { "order-meal": () => ["salad", "pasta", "ice cream"] });
  const alice = await w.requester(patient);
  const texts: string[] = [];
  for await (const reply of alice.requestMany("order-meal", "", patient)) texts.push(`${reply.last} ${reply.text}`);
  expect(texts).toEqual(["false salad", "false pasta", "true ice cream"]);
});
