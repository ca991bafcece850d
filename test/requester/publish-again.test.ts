// Requests without a PubAck: published again with the same id, after a break and when the PubAck is late, and run once.
import { headers as createHeaders, type NatsConnection } from "@nats-io/nats-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Requester, type RequesterOptions, Responder, setup } from "../../src/index.js";
import { Link } from "../internal/link.js";
import { gate, type Harnesses, soon, startHarnesses } from "../support/harness.js";
import { startTestServer } from "../support/server.js";
import { serverLacks } from "../support/server-version.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

const patient = { reconnectTimeWait: 20, reconnectJitter: 0, maxReconnectAttempts: -1 };

/** Replies with the payload, and adds the request id to `ran`. */
const startEcho = (nc: NatsConnection, ran: string[]) =>
  Responder.start(nc, {
    name: "bob",
    handlers: {
      echo: ({ id, text }) => {
        ran.push(id);
        return text;
      },
    },
  });

type Make = (alice: Requester, id: string) => Promise<string>;

const request: Make = async (alice, id) => (await alice.request("echo", id, { id })).text;

const send: Make = async (alice, id) => {
  const handle = await alice.send("echo", id, { id });
  return (await alice.collect(handle, { timeoutMs: 20_000 }))?.text ?? "";
};

const requestMany: Make = async (alice, id) => {
  const texts: string[] = [];
  for await (const { text } of alice.requestMany("echo", id, { id })) texts.push(text);
  return texts.join();
};

const kinds: [string, Partial<RequesterOptions>, Make][] = [
  ["requests", {}, request],
  ["inbox requests", { reply: "inbox" }, request],
  ["sent requests", { sendOnly: true }, send],
  ["requests for several replies", {}, requestMany],
];
if (!serverLacks("per-message TTLs", "2.11.0")) kinds.push(["requests that expire", { onTimeout: "expire" }, request]);

test.each(kinds)(
  "%s that are made while the server is away run once each, and are replied",
  async (_, options, make) => {
    await using server = await startTestServer();
    await setup(await server.connect(patient));
    await using alice = await Requester.open(await server.connect(patient), {
      ...{ name: "alice", timeoutMs: 20_000, ...options },
    });
    const ran: string[] = [];
    await using _bob = await startEcho(await server.connect(patient), ran);
    const calls = [make(alice, "before")];
    await Promise.all(calls);
    await server.kill();
    const ids = Array.from({ length: 30 }, (_, n) => `away-${n}`);
    for (const id of ids) calls.push(make(alice, id));
    await server.restart();
    for (const id of ["back-1", "back-2"]) calls.push(make(alice, id));
    expect(await Promise.all(calls)).toEqual(["before", ...ids, "back-1", "back-2"]);
    expect(ran.toSorted()).toEqual(["back-1", "back-2", "before", ...ids].toSorted());
  },
);

/** Publishes of requests on this connection, the first of which is changed or dropped. */
function changeFirstRequest(nc: NatsConnection, change: (publish: () => void, pubAckTo: string) => void) {
  const payloads: string[] = [];
  const { publish } = nc;
  nc.publish = (subject, payload, options) => {
    if (!subject.startsWith("requests.")) return publish.call(nc, subject, payload, options);
    payloads.push(typeof payload === "string" ? payload : new TextDecoder().decode(payload));
    if (payloads.length > 1) return publish.call(nc, subject, payload, options);
    const { reply = "" } = options ?? {};
    change(() => publish.call(nc, subject, payload, { ...options, reply: "nothing.listens.here" }), reply);
  };
  return payloads;
}

const busy = '{"error":{"code":400,"err_code":10158,"description":"duplicate message id is in process"}}';

type Change = Parameters<typeof changeFirstRequest>[1];

const losses: [string, (nc: NatsConnection) => Change, boolean][] = [
  ["was lost", () => () => {}, false],
  ["was stored without a PubAck", () => (store) => store(), true],
  ["is still in process (error 10158)", (nc) => (_, pubAckTo) => nc.publish(pubAckTo, busy), false],
];

test.each(losses)("a request that %s is published again while the connection is up", async (_, change, duplicate) => {
  await using w = await harnesses.next();
  const alice = await w.requester({ timeoutMs: 20_000 });
  const published = changeFirstRequest(w.nc, change(w.nc));
  const call = alice.request("echo", "🥯", { id: "lunch" });
  expect(await w.saw("stored")).toMatchObject({ request: "lunch", sequence: 1, duplicate });
  const ran: string[] = [];
  await using _bob = await startEcho(await w.connect(), ran);
  expect((await call).text).toBe("🥯");
  expect([published, ran, w.of("stored").length]).toEqual([["🥯", "🥯"], ["lunch"], 1]);
});

test.each(losses)("a sent request that %s is published again while the connection is up", async (_, change) => {
  await using w = await harnesses.next();
  await using alice = await Requester.open(w.nc, { name: "alice", sendOnly: true });
  const published = changeFirstRequest(w.nc, change(w.nc));
  expect(await alice.send("echo", "🥯", { id: "lunch" })).toMatchObject({ request: "lunch", sequence: 1 });
  expect([published, await w.count("REQUESTS")]).toEqual([["🥯", "🥯"], 1]);
});

test.each([
  ["request", request, request],
  ["sent request", send, send],
  ["sent request after a request", send, request],
] satisfies [string, Make, Make][])(
  "a %s that meets a stream without a leader (status 503) is published again, and rejects if the stream is deleted",
  async (_, make, makeBefore) => {
    await using w = await harnesses.next();
    const alice = await w.requester({ timeoutMs: 60_000 });
    await using _bob = await startEcho(await w.connect(), []);
    expect(await makeBefore(alice, "before")).toBe("before");
    const noResponders = { headers: createHeaders(503, "No Responders") };
    const published = changeFirstRequest(w.nc, (_, pubAckTo) => w.nc.publish(pubAckTo, "", noResponders));
    expect(await make(alice, "lunch")).toBe("lunch");
    expect(published).toEqual(["lunch", "lunch"]);
    await w.jsm.streams.delete("REQUESTS");
    await expect(make(alice, "dinner")).rejects.toMatchObject({ code: "not-set-up" });
  },
);

test.each([
  ["request", request],
  ["sent request", send],
] satisfies [string, Make][])(
  "the first %s of a process that meets a stream without a leader is published again",
  async (_, make) => {
    await using w = await harnesses.next();
    const alice = await w.requester({ timeoutMs: 60_000 });
    await using _bob = await startEcho(await w.connect(), []);
    const noResponders = { headers: createHeaders(503, "No Responders") };
    const published = changeFirstRequest(w.nc, (_, pubAckTo) => w.nc.publish(pubAckTo, "", noResponders));
    expect(await make(alice, "lunch")).toBe("lunch");
    expect(published).toEqual(["lunch", "lunch"]);
  },
);

test.each([
  ["request", request],
  ["sent request", send],
] satisfies [string, Make][])(
  "a %s that no stream took three times is stored before one is published again whose PubAck is late",
  async (_, make) => {
    await using w = await harnesses.next();
    const alice = await w.requester({ timeoutMs: 60_000 });
    const noResponders = { headers: createHeaders(503, "No Responders") };
    const published: string[] = [];
    const { publish } = w.nc;
    w.nc.publish = (subject, payload, options) => {
      if (!subject.startsWith("requests.")) return publish.call(w.nc, subject, payload, options);
      const text = typeof payload === "string" ? payload : new TextDecoder().decode(payload);
      published.push(text);
      const count = published.filter((other) => other === text).length;
      if (text === "lost" && count === 1) return;
      if (text === "lunch" && count <= 3) publish.call(w.nc, options?.reply ?? "", "", noResponders);
      else publish.call(w.nc, subject, payload, options);
    };
    await using _bob = await startEcho(await w.connect(), []);
    const calls = [make(alice, "lost"), make(alice, "lunch")];
    expect(await Promise.all(calls)).toEqual(["lost", "lunch"]);
    expect(published).toEqual(["lost", "lunch", "lunch", "lunch", "lunch", "lost"]);
  },
);

test.each([
  ["request", request],
  ["sent request", send],
] satisfies [string, Make][])(
  "a %s on a subject that the request stream does not take rejects at once",
  async (_, make) => {
    await using w = await harnesses.next();
    const { config } = await w.jsm.streams.info("REQUESTS");
    await w.jsm.streams.update("REQUESTS", { ...config, subjects: ["requests.other"] });
    const alice = await w.requester({ timeoutMs: 60_000 });
    const error = {
      code: "not-set-up",
      message: "No stream takes requests.echo: REQUESTS takes requests.other only; nothing was stored.",
    };
    await expect(make(alice, "lunch")).rejects.toMatchObject(error);
  },
);

test("bytes that their owner changes after the call are published again as they were", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester({ timeoutMs: 20_000 });
  const published = changeFirstRequest(w.nc, () => {});
  const bytes = new TextEncoder().encode("tea");
  const call = alice.request("echo", bytes);
  bytes.set([0x70]);
  await using _bob = await startEcho(await w.connect(), []);
  expect((await call).text).toBe("tea");
  expect(published).toEqual(["tea", "tea"]);
});

test("a request is not published again after its PubAck, its reply, its error or its time-out", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester({ timeoutMs: 1_200 });
  const published = changeFirstRequest(w.nc, () => {});
  const dropped = alice.request("echo", "dropped", { timeoutMs: 100 }).catch(({ code }) => code);
  const kept = alice.request("echo", "kept", { timeoutMs: 3_500 }).catch(({ code }) => code);
  const refused = alice.request("echo", "refused", { id: "two\nlines" }).catch(({ code }) => code);
  expect(await Promise.all([dropped, kept, refused])).toEqual(["timed-out", "timed-out", "invalid-input"]);
  expect(published).toEqual(["dropped", "kept"]);
});

/** A link through which the server hears its client, and the client hears nothing. */
async function deafClient(port: number) {
  const link = await Link.open({ target: () => ({ host: "127.0.0.1", port }), random: () => 0 });
  return { link, [Symbol.asyncDispose]: () => link[Symbol.asyncDispose]() };
}

test.each([
  ["request", request, {}],
  ["sent request", send, { sendOnly: true }],
] satisfies [string, Make, object][])(
  "a %s that was replied before the server was killed is found in its mailbox, and does not run again",
  async (_, make, options) => {
    await using server = await startTestServer();
    await setup(await server.connect(patient));
    await using deaf = await deafClient(server.port);
    const hers = await server.connect({ ...patient, servers: deaf.link.url });
    await using alice = await Requester.open(hers, { name: "alice", timeoutMs: 20_000, ...options });
    const ran: string[] = [];
    const nc = await server.connect(patient);
    await using _bob = await startEcho(nc, ran);
    const half = deaf.link.halfOpen("to-client");
    const call = make(alice, "lunch");
    await expect.poll(() => ran, soon).toEqual(["lunch"]);
    await expect.poll(async () => (await setupCounts(nc)).requests, soon).toBe(0);
    await server.kill(); // it forgets the id of a request that has left the stream
    half.end();
    await server.restart();
    expect(await call).toBe("lunch");
    // What would have been published again is on the same connection before this one.
    expect(await request(await Requester.open(nc, { name: "carol" }), "dinner")).toBe("dinner");
    expect(ran).toEqual(["lunch", "dinner"]);
  },
);

async function setupCounts(nc: NatsConnection): Promise<{ requests: number }> {
  const { jetstreamManager } = await import("@nats-io/jetstream");
  const { state } = await (await jetstreamManager(nc)).streams.info("REQUESTS");
  return { requests: state.messages };
}

test("send rejects after its own time-out, and close does not wait longer than that", async () => {
  await using w = await harnesses.next();
  await using deaf = await deafClient(harnesses.server.port);
  const nc = await w.connect({ servers: deaf.link.url });
  const alice = await Requester.open(nc, { name: "alice", sendOnly: true });
  deaf.link.halfOpen("to-client");
  await expect(alice.send("echo", "", { timeoutMs: 150 })).rejects.toThrow(/^No PubAck .* within 150 ms/);
  await expect(alice.send("echo", "", { timeoutMs: 0 })).rejects.toMatchObject({ code: "invalid-input" });
  await nc.close();
  await alice.close();
});

test("a request that waits in front of a responder for long is published once", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester({ timeoutMs: 20_000 });
  const held = gate();
  await w.responder({ handlers: { slow: () => held.opened.then(() => "🐌") } });
  const published = changeFirstRequest(w.nc, (_, pubAckTo) => {
    expect(pubAckTo).toMatch(/^_INBOX\./);
  });
  const first = alice.request("slow", "first").catch(() => {});
  const second = alice.request("slow", "second");
  await expect.poll(() => published, soon).toEqual(["first", "second", "first"]);
  held.open();
  expect((await second).text).toBe("🐌");
  await first;
  expect(published).toEqual(["first", "second", "first"]);
});
