// A requester written from docs/protocol.md alone, with the kit's responder on a real server.
import { headers } from "@nats-io/nats-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  collect,
  type HandlerRequest,
  listDeadLetters,
  locate,
  parseHandle,
  Responder,
  RetryLaterError,
  replayDeadLetter,
} from "../../src/index.js";
import { handleText, openRequester } from "../fixtures/foreign/requester.js";
import {
  gate,
  type Harness,
  type Harnesses,
  harnessOn,
  replyStatus,
  soon,
  startHarnesses,
} from "../support/harness.js";
import { startTestServer } from "../support/server.js";
import { serverLacks } from "../support/server-version.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

const alice = (w: Harness, name = "alice") => openRequester(w.nc, name);
const empty = (w: Harness) => expect.poll(() => w.count("REQUESTS"), soon).toBe(0);

test("a foreign requester receives the reply ok, and the same reply later by its handle", async () => {
  await using w = await harnesses.next();
  await w.responder();
  const requester = await alice(w);
  const reply = await requester.request("order-bagel", "sesame");
  expect(reply).toMatchObject({ status: "ok", text: "🥯", parts: [] });
  await empty(w);
  const handle = reply?.handle as NonNullable<typeof reply>["handle"];
  expect(await requester.collect(handle)).toMatchObject({ status: "ok", text: "🥯" });
  expect(await requester.place(handle)).toBe("replied");
  expect(await collect(w.nc, parseHandle(handleText(handle)))).toMatchObject({ status: "ok", text: "🥯" });
});

test("a foreign requester publishes a request again that was lost in a break, and it runs once", async () => {
  await using server = await startTestServer();
  await using w = await harnessOn(server, { storage: "file" });
  const requester = await alice(w);
  await server.kill();
  const reply = requester.request("order-bagel", "", { timeoutMs: 20_000 });
  await server.restart();
  const handlers = { "order-bagel": ({ deliveryCount }: HandlerRequest) => `delivery ${deliveryCount}` };
  await using _ = await Responder.start(await server.connect(), { name: "bob", handlers });
  expect(await reply).toMatchObject({ status: "ok", text: "delivery 1", handle: { seq: 1, duplicate: false } });
  await empty(w);
  expect((await w.jsm.streams.info("REQUESTS")).state.last_seq).toBe(1);
});

test("a foreign requester receives the replies rejected and error", async () => {
  await using w = await harnesses.next();
  await w.responder({
    handlers: {
      "order-stew": () => {
        throw new Error("sold out");
      },
    },
  });
  const requester = await alice(w);
  expect(await requester.request("order-soup")).toMatchObject({
    status: "rejected",
    text: "no such order: order-soup",
  });
  const failed = await requester.request("order-stew");
  expect(failed).toMatchObject({ status: "error", text: "sold out" });
  expect(await requester.place(failed?.handle as never)).toBe("ended");
});

test("a foreign requester receives one reply to a request that is retried", async () => {
  await using w = await harnesses.next();
  await w.responder({
    handlers: {
      "order-stew": ({ deliveryCount }) => {
        if (deliveryCount < 3) throw new RetryLaterError("the stove is cold", { delayMs: 10 });
        return `attempt ${deliveryCount}`;
      },
    },
  });
  const requester = await alice(w);
  expect(await requester.request("order-stew")).toMatchObject({ status: "ok", text: "attempt 3" });
  await empty(w);
  expect(await w.count("REPLIES")).toBe(1);
});

test("a foreign requester receives dead-lettered, and the reply of the replay at the same handle", async () => {
  await using w = await harnesses.next({ maxDeliver: 1 });
  const bob = await w.responder({
    handlers: {
      "order-stew": () => {
        throw new RetryLaterError("the stove is cold");
      },
    },
  });
  const requester = await alice(w);
  const dead = await requester.request("order-stew", "for alice");
  expect(dead).toMatchObject({ status: "dead-lettered", text: "the stove is cold" });
  await bob.drain();
  const [letter] = await listDeadLetters(w.nc);
  expect(await replayDeadLetter(w.nc, letter?.sequence as number)).toMatchObject({ outcome: "replayed" });
  await w.responder({ name: "carol", handlers: { "order-stew": ({ text }) => `stew ${text}` } });
  const handle = dead?.handle as NonNullable<typeof dead>["handle"];
  expect(await requester.collect(handle)).toMatchObject({ status: "ok", text: "stew for alice" });
  expect(await w.count("DEAD_LETTERS")).toBe(0);
});

test("a foreign requester cancels a queued request, and no responder runs it", async () => {
  await using w = await harnesses.next();
  const requester = await alice(w);
  const handle = await requester.send("order-bagel");
  expect(await requester.place(handle)).toBe("queued");
  expect(await requester.cancel(handle)).toBe("removed");
  expect(await requester.collect(handle)).toMatchObject({ status: "cancelled" });
  expect(await requester.place(handle)).toBe("ended");
  expect(await collect(w.nc, parseHandle(handleText(handle)))).toMatchObject({ status: "cancelled" });
  await w.responder();
  expect(await requester.request("order-bagel")).toMatchObject({ status: "ok" });
  expect(w.of("executed")).toHaveLength(1);
  expect(await requester.cancel(handle)).toBe("already-answered");
});

test("a foreign requester does not report removed if the consumer was created after the request", async () => {
  await using w = await harnesses.next();
  const requester = await alice(w);
  const handle = await requester.send("order-bagel");
  const { config } = await w.jsm.consumers.info("REQUESTS", "responder");
  await w.jsm.consumers.delete("REQUESTS", "responder");
  await w.jsm.consumers.add("REQUESTS", config);
  expect(await requester.cancel(handle)).toBe("unknown");
  expect(await requester.collect(handle)).toMatchObject({ status: "cancelled" });
  expect(await w.count("REQUESTS")).toBe(0);
});

test("a foreign requester cancels a request in hand: its handler stops, and the reply is cancelled", async () => {
  await using w = await harnesses.next();
  const running = gate();
  await w.responder({
    handlers: {
      "order-stew": ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(new Error("stopped")));
          running.open();
        }),
    },
  });
  const requester = await alice(w);
  const handle = await requester.send("order-stew");
  await running.opened;
  expect(await requester.place(handle)).toBe("running");
  expect(await requester.cancel(handle)).toBe("already-running");
  expect(await requester.collect(handle)).toMatchObject({ status: "cancelled", text: "stopped" });
  await empty(w);
});

test("a responder answers in hand to the cancel of its message, and not to one with another Request-Sequence", async () => {
  await using w = await harnesses.next();
  const running = gate();
  await w.responder({
    handlers: {
      "order-stew": ({ signal }) =>
        new Promise((resolve) => {
          signal.addEventListener("abort", () => resolve("stopped"));
          running.open();
        }),
    },
  });
  const { seq, id } = await (await alice(w)).send("order-stew");
  await running.opened;
  const cancelOf = (sequence: number) => {
    const h = headers();
    h.set("Request-Sequence", String(sequence));
    return w.nc.request(`cancels.${id}`, "cancelled", { headers: h, timeout: 300 });
  };
  await expect(cancelOf(seq + 1)).rejects.toThrow("timeout");
  await expect(w.nc.request("cancels.another", "cancelled", { timeout: 300 })).rejects.toThrow("timeout");
  expect((await cancelOf(seq)).string()).toBe("in hand");
});

test("a foreign requester that repeats an id receives the first reply, and so does another requester", async () => {
  await using w = await harnesses.next();
  let runs = 0;
  await w.responder({ handlers: { "order-stew": () => `run ${++runs}` } });
  const requester = await alice(w);
  expect(await requester.request("order-stew", "", { id: "lunch" })).toMatchObject({ text: "run 1" });
  await empty(w);
  const again = await requester.request("order-stew", "", { id: "lunch" });
  expect(again).toMatchObject({ text: "run 1", handle: { duplicate: true } });
  const bob = await alice(w, "bob");
  expect(await bob.request("order-stew", "", { id: "lunch" })).toMatchObject({ text: "run 1" });
  expect(runs).toBe(1);
});

test("a foreign requester that uses the id of another one's queued request receives its reply", async () => {
  await using w = await harnesses.next();
  const handle = await (await alice(w)).send("order-bagel", "", { id: "lunch" });
  const bob = (await alice(w, "bob")).request("order-bagel", "", { id: "lunch" });
  expect(handle.duplicate).toBe(false);
  await w.responder();
  expect(await bob).toMatchObject({ status: "ok", text: "🥯", handle: { duplicate: true } });
});

test.skipIf(serverLacks("per-message TTLs", "2.11.0"))(
  "the server removes an expired request, and its foreign requester then cancels it as removed",
  async () => {
    await using w = await harnesses.next();
    const requester = await alice(w);
    // The proof compares times, and the requester has its own in milliseconds: the consumer was created in an earlier one.
    const created = Date.now();
    await expect.poll(() => Date.now(), soon).toBeGreaterThan(created);
    const handle = await requester.send("order-bagel", "", { expiresMs: 1_000, headers: { "Nats-TTL": "1s" } });
    expect(await requester.place(handle)).toBe("queued");
    await empty(w);
    expect(await requester.place(handle)).toBe("gone");
    expect(await requester.cancel(handle)).toBe("removed");
    expect(await requester.collect(handle)).toMatchObject({ status: "cancelled" });
  },
);

test("a request that is delivered after its deadline gets the reply expired", async () => {
  await using w = await harnesses.next();
  await w.responder();
  const requester = await alice(w);
  const headers = { "Request-Deadline": String(Date.now() - 1) };
  expect(await requester.request("order-bagel", "", { headers })).toMatchObject({ status: "expired" });
  expect(w.of("executed")).toHaveLength(0);
});

test.skipIf(serverLacks("per-message TTLs", "2.11.0"))(
  "a responder that starts after the time-out of a request stores expired, and runs nothing",
  async () => {
    await using w = await harnesses.next();
    const requester = await alice(w);
    const handle = await requester.send("order-bagel", "", { expiresMs: 1 });
    await w.responder();
    expect(await requester.collect(handle)).toMatchObject({ status: "expired" });
    expect(w.of("executed")).toHaveLength(0);
  },
);

test("a foreign requester does not take the reply to another subject under its id", async () => {
  await using w = await harnesses.next();
  const requester = await alice(w);
  await requester.send("order-sandwich", "", { id: "lunch" });
  const again = () => requester.request("order-bagel", "", { id: "lunch" });
  await expect(again()).rejects.toThrow("the id was sent before on requests.order-sandwich");
  await w.responder();
  await empty(w);
  await expect(again()).rejects.toThrow("the id was sent before on requests.order-sandwich");
});

test("a binary payload reaches the handler and comes back unchanged", async () => {
  await using w = await harnesses.next();
  await w.responder({ handlers: { "order-echo": ({ data }) => data.slice().reverse() } });
  const requester = await alice(w);
  const bytes = Uint8Array.from({ length: 256 }, (_, n) => n);
  const reply = await requester.request("order-echo", bytes);
  expect([...(reply?.data ?? [])]).toEqual([...bytes].reverse());
});

test("a foreign requester receives the parts in order, while it waits and by its handle", async () => {
  await using w = await harnesses.next();
  await w.responder({
    handlers: {
      async *"order-meal"() {
        yield "salad";
        yield "pasta";
        return "ice cream";
      },
    },
  });
  const requester = await alice(w);
  const reply = await requester.request("order-meal");
  expect(reply).toMatchObject({ status: "ok", text: "ice cream", parts: ["salad", "pasta"] });
  const handle = reply?.handle as NonNullable<typeof reply>["handle"];
  expect(await requester.collect(handle)).toMatchObject({ text: "ice cream", parts: ["salad", "pasta"] });
});

test("a request without an id is answered under its stream and sequence", async () => {
  await using w = await harnesses.next();
  await w.responder();
  const requester = await alice(w);
  const headers = { "Nats-Msg-Id": undefined };
  await requester.send("order-bagel", "", { id: "lunch", headers });
  await empty(w);
  const stored = await w.jsm.streams.getMessage("REPLIES", { last_by_subj: "replies.alice.lunch" });
  expect(stored?.header.get("Request-Id")).toBe("REQUESTS:1");
  expect(stored?.string()).toBe("🥯");
});

test("a foreign requester judges an unknown status by the code, and without a code as ok", async () => {
  await using w = await harnesses.next();
  const requester = await alice(w);
  const store = async (id: string, code?: string) => {
    const handle = await requester.send("order-bagel", "", { id });
    const { headers } = replyStatus("postponed");
    headers.set("Request-Id", id);
    if (code) headers.set("Nats-Service-Error-Code", code);
    await w.nc.request(`replies.alice.${id}`, "later", { headers, timeout: 5_000 });
    const located = await locate(w.nc, parseHandle(handleText(handle)));
    const reply = await requester.collect(handle);
    return [reply?.status, located.reply?.status, await requester.place(handle), located.where];
  };
  expect(await store("r1", "404")).toEqual(["rejected", "rejected", "ended", "ended"]);
  expect(await store("r2", "429")).toEqual(["error", "error", "ended", "ended"]);
  expect(await store("r3")).toEqual(["ok", "ok", "replied", "replied"]);
});

test("a request whose header names have other letter case is terminated without a reply", async () => {
  await using w = await harnesses.next();
  await w.responder();
  const requester = await alice(w);
  await requester.send("order-bagel", "", { headers: { "Reply-To": undefined, "REPLY-TO": "replies.alice.lunch" } });
  await w.saw("terminated", ({ reason }) => reason === "no reply address");
  await empty(w);
  expect(await w.count("REPLIES")).toBe(0);
});

test("the header reply-to in lower case is the address of another convention, whose reply has no Reply-Status", async () => {
  await using w = await harnesses.next();
  await w.responder();
  const requester = await alice(w);
  await requester.send("order-bagel", "", { headers: { "Reply-To": undefined, "reply-to": "replies.alice.lunch" } });
  await empty(w);
  const stored = await w.jsm.streams.getMessage("REPLIES", { last_by_subj: "replies.alice.lunch" });
  expect(stored?.string()).toBe('"🥯"');
  expect(stored?.header.has("Reply-Status")).toBe(false);
});
