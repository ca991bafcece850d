// Several consumers of one queue: what is planned, what an update changes, and what it refuses.
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import {
  ConfigurationDiffersError,
  type ConsumerOptions,
  InvalidInputError,
  planSetup,
  Requester,
  ServerTooOldError,
  type SetupOptions,
  setup,
  UnknownOptionError,
} from "../../src/index.js";
import { planFor } from "../internal/stream-setup.js";
import { rejection } from "../support/rejection.js";
import { startTestServer } from "../support/server.js";
import { serverLacks } from "../support/server-version.js";

const server = await startTestServer();
const nc: NatsConnection = await server.connect();
const jsm: JetStreamManager = await jetstreamManager(nc);
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(async () => {
  for await (const name of jsm.streams.names()) await jsm.streams.delete(name);
});

const lanes = { interactive: { subjects: ["now.>"] }, batch: { subjects: ["later.>"] } };
const setUp = (options: SetupOptions, update = false) => setup(nc, { storage: "memory", update, ...options });
const subjects = async () => (await jsm.streams.info("REQUESTS")).config.subjects;
const consumers = async () => {
  const found: Record<string, unknown> = {};
  for await (const { name, config } of jsm.consumers.list("REQUESTS"))
    found[name] = config.filter_subjects ?? config.filter_subject;
  return found;
};
const store = async (...on: string[]) => {
  for (const subject of on) await nc.request(`requests.${subject}`, "", { timeout: 5_000 });
};
const messages = async () => (await jsm.streams.info("REQUESTS")).state.messages;

describe("a plan with several consumers", () => {
  const filters = (options: SetupOptions) =>
    planSetup(options).consumers.map(({ config }) => [
      config.durable_name,
      config.filter_subjects ?? config.filter_subject,
    ]);

  it("has one consumer for each, and the stream takes what they take", () => {
    const options = { consumers: { ...lanes, audit: { subjects: ["audit", "log.*"] } } };
    expect(filters(options)).toEqual([
      ["interactive", "requests.now.>"],
      ["batch", "requests.later.>"],
      ["audit", ["requests.audit", "requests.log.*"]],
    ]);
    expect(planSetup(options).streams[0]?.subjects).toEqual(
      ["now.>", "later.>", "audit", "log.*"].map((subject) => `requests.${subject}`),
    );
  });

  it("gives each consumer its own limits, and otherwise the common ones", () => {
    const { consumers: planned } = planSetup({
      ...{ ackWaitMs: 10_000, maxDeliver: 3, maxAckPending: 50 },
      consumers: { a: { subjects: ["a"], ackWaitMs: 1_000, maxDeliver: -1, maxAckPending: 5 }, b: { subjects: ["b"] } },
    });
    const [a, b] = planned.map(({ config }) => config);
    expect(a).toMatchObject({ ack_wait: 1e9, max_ack_pending: 5, metadata: { "max-attempts": "-1" } });
    expect(b).toMatchObject({ ack_wait: 10e9, max_ack_pending: 50, metadata: { "max-attempts": "3" } });
  });

  it.each<[Record<string, ConsumerOptions>, RegExp]>([
    [
      { a: { subjects: ["x.>"] }, b: { subjects: ["x.y"] } },
      /requests\.x\.> in a and requests\.x\.y in b, which overlap/,
    ],
    [{ a: { subjects: ["*.y"] }, b: { subjects: ["x.*"] } }, /\*\.y in a and requests\.x\.\* in b/],
    [{ a: { subjects: ["x", "*"] } }, /requests\.x in a and requests\.\* in a/],
    [{ a: { subjects: [] } }, /subjects of consumer a to be a list/],
    [{ a: { subjects: "x.>" as never } }, /subjects of consumer a to be a list/],
    [{ a: { subjects: ["x..y"] } }, /got "x\.\.y"/],
    [{ "a.b": { subjects: ["x"] } }, /name of a consumer/],
    [{ a: { subjects: ["x"], ackWaitMs: 0 } }, /consumers\.a\.ackWaitMs to be a whole number from 1, got 0/],
    [{}, /at least one consumer/],
  ])("%j is refused", (given, message) => {
    expect(() => planSetup({ consumers: given })).toThrow(InvalidInputError);
    expect(() => planSetup({ consumers: given })).toThrow(message);
  });

  it("refuses an unknown option of a consumer", () => {
    const given = { a: { subjects: ["x"], ackWait: 5 } as ConsumerOptions };
    expect(() => planSetup({ consumers: given })).toThrow(UnknownOptionError);
    expect(() => planSetup({ consumers: given })).toThrow(/consumers\.a.*"ackWait".*ackWaitMs/);
  });

  it("with several subjects for one consumer needs nats-server 2.10", () => {
    const plan = planSetup({ consumers: { a: { subjects: ["x", "y"] } } });
    expect(() => planFor({ info: { version: "2.9.25" } }, plan)).toThrow(ServerTooOldError);
    expect(() => planFor({ info: { version: "2.10.0" } }, plan)).not.toThrow();
  });
});

describe("setting up several consumers", () => {
  it("creates them, and nothing the second time", async () => {
    expect((await setUp({ consumers: lanes })).created).toContain("consumer batch on REQUESTS");
    expect((await setUp({ consumers: lanes })).unchanged).toHaveLength(5);
    expect(await consumers()).toEqual({ interactive: "requests.now.>", batch: "requests.later.>" });
  });

  it("has the server refuse a request that no consumer takes", async () => {
    await setUp({ consumers: lanes });
    await expect(nc.request("requests.other", "", { timeout: 5_000 })).rejects.toThrow();
    expect(await messages()).toBe(0);
  });

  it.skipIf(serverLacks("several filters", "2.10.0"))("changes one subject into several and back", async () => {
    await setUp({ consumers: lanes });
    const more = { ...lanes, interactive: { subjects: ["now.>", "soon"] } };
    const { message } = await rejection(setUp({ consumers: more }));
    expect(message).toContain('consumer interactive on REQUESTS: filter_subjects: ["requests.now.>"], wanted');
    await setUp({ consumers: more }, true);
    expect(await consumers()).toEqual({ interactive: ["requests.now.>", "requests.soon"], batch: "requests.later.>" });
    await setUp({ consumers: lanes }, true);
    expect(await consumers()).toEqual({ interactive: "requests.now.>", batch: "requests.later.>" });
  });
});

describe("from one consumer to several", () => {
  it("is reported first, and nothing is changed", async () => {
    await setUp({});
    const error = await rejection(setUp({ consumers: lanes }));
    expect(error).toBeInstanceOf(ConfigurationDiffersError);
    expect(error.message).toContain("consumer responder on REQUESTS: exists, and is to be removed");
    expect(error.message).toContain('stream REQUESTS: subjects: ["requests.>"], wanted ["requests.now.>"');
    expect(await consumers()).toEqual({ responder: "requests.>" });
  });

  it("keeps the stored requests, which the new consumers deliver, and says what it removed", async () => {
    await setUp({});
    await store("now.a", "later.b", "later.c");
    const report = await setUp({ consumers: lanes }, true);
    expect(report.removed).toEqual(["consumer responder on REQUESTS"]);
    expect(report.created).toEqual(["consumer interactive on REQUESTS", "consumer batch on REQUESTS"]);
    expect(await subjects()).toEqual(["requests.now.>", "requests.later.>"]);
    const pending = async (name: string) => (await jsm.consumers.info("REQUESTS", name)).num_pending;
    expect([await messages(), await pending("interactive"), await pending("batch")]).toEqual([3, 1, 2]);
  });

  it("is refused while the stream holds a request that none of them takes", async () => {
    await setUp({});
    await store("now.a", "other", "other", "old.b");
    const error = await rejection(setUp({ consumers: lanes }, true));
    expect(error).toBeInstanceOf(ConfigurationDiffersError);
    expect(error.message).toMatch(
      /holds messages on requests\.(other \(2\), requests\.old\.b \(1\)|old\.b \(1\), requests\.other \(2\))/,
    );
    expect([await messages(), await consumers()]).toEqual([4, { responder: "requests.>" }]);
    expect(await subjects()).toEqual(["requests.>"]);
  });

  it("is refused while a responder holds a request", async () => {
    await setUp({});
    await store("now.a");
    const next = "$JS.API.CONSUMER.MSG.NEXT.REQUESTS.responder";
    const pulled = await nc.request(next, "", { timeout: 5_000, noMux: true });
    const { message } = await rejection(setUp({ consumers: lanes }, true));
    expect(message).toMatch(/consumer responder on REQUESTS is to be removed, and waits for the ack of 1 request/);
    expect(await consumers()).toEqual({ responder: "requests.>" });
    pulled.respond("-NAK");
  });

  const lacksMetadata = serverLacks("metadata, by which setup knows the consumers of a queue", "2.10.0");
  it.skipIf(lacksMetadata)("and back keeps the stored requests", async () => {
    await setUp({ consumers: lanes });
    await store("now.a", "later.b");
    const report = await setUp({ consumers: { responder: { subjects: [">"] } } }, true);
    expect(report.removed.sort()).toEqual(["consumer batch on REQUESTS", "consumer interactive on REQUESTS"]);
    expect(await consumers()).toEqual({ responder: "requests.>" });
    expect((await jsm.consumers.info("REQUESTS", "responder")).num_pending).toBe(2);
  });

  it("leaves a consumer alone that another program made", async () => {
    await setUp({});
    await jsm.consumers.delete("REQUESTS", "responder");
    await jsm.consumers.add("REQUESTS", {
      durable_name: "tea",
      filter_subject: "requests.now.tea",
      ack_policy: "explicit",
    });
    const { message } = await rejection(setUp({ consumers: lanes }, true));
    expect(message).toContain("consumer interactive on REQUESTS: consumer tea takes requests from this queue");
    expect(message).not.toContain("consumer batch");
    expect(await consumers()).toEqual({ tea: "requests.now.tea" });
  });
});

describe("a change of the subjects of consumers", () => {
  it("moves a subject from one to another, whatever their order", async () => {
    const before = { a: { subjects: ["x.>"] }, b: { subjects: ["y.>"] }, c: { subjects: ["z.>"] } };
    await setUp({ consumers: before });
    await store("x.1", "y.1", "z.1");
    const after = { a: { subjects: ["y.>"] }, b: { subjects: ["z.>"] }, c: { subjects: ["w.>"] } };
    const { message } = await rejection(setUp({ consumers: after }, true));
    expect(message).toContain("holds messages on requests.x.1 (1)");
    await jsm.streams.purge("REQUESTS");
    await setUp({ consumers: after }, true);
    expect(await consumers()).toEqual({ a: "requests.y.>", b: "requests.z.>", c: "requests.w.>" });
  });

  it("that exchanges them is refused, because the server allows it in no order", async () => {
    await setUp({ consumers: { a: { subjects: ["x.>"] }, b: { subjects: ["y.>"] } } });
    const exchanged = { a: { subjects: ["y.>"] }, b: { subjects: ["x.>"] } };
    const error = await rejection(setUp({ consumers: exchanged }, true));
    expect(error).toBeInstanceOf(ConfigurationDiffersError);
    expect(error.message).toMatch(/consumer a on REQUESTS and consumer b on REQUESTS exchange subjects/);
    expect(await consumers()).toEqual({ a: "requests.x.>", b: "requests.y.>" });
  });
});

it("an update never narrows a team's own subjects away from stored messages", async () => {
  await jsm.streams.add({
    name: "REQUESTS",
    subjects: ["requests.>", "jobs.*"],
    retention: "workqueue",
    discard: "new",
  });
  await nc.request("jobs.nightly", "", { timeout: 5_000 });
  const { message } = await rejection(setUp({ storage: "file" }, true));
  expect(message).toContain("stream REQUESTS holds messages on jobs.nightly (1), which it would take no more");
  expect(await subjects()).toEqual(["requests.>", "jobs.*"]);
});

it.skipIf(serverLacks("metadata of consumers", "2.10.0"))(
  "numbers of attempts do not keep a shared consumer from becoming an ordinary one",
  async () => {
    await setUp({ shared: true, maxDeliver: 2 });
    await nc.request("attempts.1-1700000000000000000.0", "", { timeout: 5_000 });
    expect((await setUp({ shared: false }, true)).updated).toContain("stream REPLIES");
  },
);

it.skipIf(serverLacks("message schedules", "2.12.0"))(
  "a request for later keeps its subject in the queue, as a stored one does",
  async () => {
    await setUp({ schedules: true });
    await using alice = await Requester.open(nc, { name: "alice" });
    await alice.send("other", "", { delayMs: 600_000 });
    const { message } = await rejection(setUp({ consumers: lanes, schedules: true }, true));
    expect(message).toContain("holds messages on requests.other (scheduled)");
    expect(await consumers()).toEqual({ responder: "requests.>" });
    const { message: taken } = await rejection(setUp({ schedules: false }, true));
    expect(taken).toContain("holds messages on scheduled.alice.");
  },
);
