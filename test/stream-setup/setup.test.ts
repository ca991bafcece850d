// Setting up on a real server: once, twice, at once, beside other people's streams, and changing what is there.
import { type JetStreamManager, jetstreamManager, type StreamConfig } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import {
  ConfigurationDiffersError,
  type ConsumerPlan,
  KitError,
  planSetup,
  Requester,
  ServerRefusedError,
  type SetupOptions,
  setup,
} from "../../src/index.js";
import { rejection } from "../support/rejection.js";
import { startTestServer } from "../support/server.js";
import { serverIs, serverLacks } from "../support/server-version.js";

const server = await startTestServer();
afterAll(() => server[Symbol.asyncDispose]());
const nc = await server.connect();
const jsm: JetStreamManager = await jetstreamManager(nc);

beforeEach(async () => {
  for await (const name of jsm.streams.names()) {
    // On a busy disk a stream that is made anew at once has the old one's messages again (nats-server 2.14.0).
    await jsm.streams.purge(name);
    await jsm.streams.delete(name);
  }
});

const setUp = (options: SetupOptions = {}, update = false) => setup(nc, { ...options, update });
const foreign = (config: Partial<StreamConfig> & { name: string }) => jsm.streams.add(config);
const streams = async () => (await jsm.streams.names().next()).sort();
const all = ["stream REQUESTS", "stream REPLIES", "stream DEAD_LETTERS", "consumer responder on REQUESTS"];

describe("setting up", () => {
  it("creates all streams, and nothing the second time", async () => {
    expect(await setUp()).toEqual({ created: all, updated: [], unchanged: [], removed: [] });
    expect(await setUp()).toEqual({ created: [], updated: [], unchanged: all, removed: [] });
  });

  it.each<SetupOptions>([
    { storage: "memory" },
    { maxRequests: 5, maxDeliver: 3, ackWaitMs: 500 },
    { replyAgeMs: 1000, duplicateWindowMs: 5000 },
  ])("is idempotent with %j", async (options) => {
    await setUp(options);
    expect((await setUp(options)).unchanged).toEqual(all);
  });

  it.skipIf(serverLacks("metadata of consumers", "2.10.0"))(
    "leaves the count of attempts to responders, and the metadata of others as it is",
    async () => {
      await setUp({ maxDeliver: 3 });
      const config = async () => (await jsm.consumers.info("REQUESTS", "responder")).config;
      expect(await config()).toMatchObject({ max_deliver: -1, metadata: { "max-attempts": "3" } });
      await jsm.consumers.update("REQUESTS", "responder", { metadata: { "max-attempts": "3", team: "kitchen" } });
      expect((await setUp({ maxDeliver: 3 })).unchanged).toEqual(all);
      expect((await rejection(setUp({ maxDeliver: 5 }))).message).toMatch(/max-attempts: 3, wanted 5$/);
      await setUp({ maxDeliver: -1 }, true);
      expect((await config()).metadata).toMatchObject({ "max-attempts": "-1", team: "kitchen" });
    },
  );

  it("by several at once succeeds for each of them", async () => {
    const connections = await Promise.all([1, 2, 3, 4].map(() => server.connect()));
    await Promise.all(connections.map((connection) => setup(connection)));
    expect((await setUp()).unchanged).toEqual(all);
  });

  it("takes a stream that another setup created meanwhile for its own", async () => {
    const probing: NatsConnection = Object.create(nc);
    probing.request = async (subject, ...rest) => {
      if (subject.startsWith("requests.")) await setUp();
      return nc.request(subject, ...rest);
    };
    await setup(probing);
    expect((await setUp()).unchanged).toEqual(all);
  });

  it("retries a request whose answer is lost", async () => {
    const asked: string[] = [];
    const losing: NatsConnection = Object.create(nc);
    losing.request = async (subject, ...rest) => {
      const what = /STREAM\.(INFO|CREATE)/.exec(subject)?.[1];
      const answer = nc.request(subject, ...rest);
      if (!what) return answer;
      asked.push(what);
      if (asked.filter((one) => one === what).length > 1) return answer;
      await answer;
      return new Promise<never>(() => {});
    };
    expect((await setup(losing)).created).toEqual(all);
    expect(asked.sort()).toEqual(["CREATE", "CREATE", "CREATE", "CREATE", "INFO", "INFO", "INFO", "INFO"]);
    expect((await setUp()).unchanged).toEqual(all);
  });

  it("keeps memory streams in memory", async () => {
    await setUp({ storage: "memory" });
    expect((await jsm.streams.info("REPLIES")).config.storage).toBe("memory");
  });

  it("with replicas on a single server fails and suggests a replica count", async () => {
    const error = await rejection(setUp({ replicas: 3 }));
    expect(error).toBeInstanceOf(ServerRefusedError);
    expect(error.message).toMatch(/^stream REQUESTS: .*ask for fewer replicas, or use a cluster/);
  });
});

describe("a difference between the plan and the server", () => {
  it("is reported field by field, and nothing is changed", async () => {
    await setUp({ ackWaitMs: 5000 });
    await jsm.streams.delete("REPLIES");
    const error = await rejection(setUp());
    expect(error).toBeInstanceOf(ConfigurationDiffersError);
    expect(error.message).toMatch(/nothing was changed.*--update/);
    expect(error.message).toContain("consumer responder on REQUESTS: ack_wait: 5s, wanted 30s");
    expect(await streams()).toEqual(["DEAD_LETTERS", "REQUESTS"]);
  });

  it("in a stream of the same name is reported with all others", async () => {
    await foreign({ name: "REQUESTS", subjects: ["requests.*"], no_ack: true });
    const { message } = await rejection(setUp());
    for (const line of [
      "retention: limits, wanted workqueue",
      "discard: old, wanted new",
      "no_ack: true, wanted false",
    ])
      expect(message).toContain(`stream REQUESTS: ${line}`);
  });

  it("in a push consumer of the same name is reported", async () => {
    await setUp();
    await jsm.consumers.delete("REQUESTS", "responder");
    const push = { filter_subject: "requests.*", deliver_subject: "elsewhere", ack_policy: "explicit" as const };
    await jsm.consumers.add("REQUESTS", { durable_name: "responder", ...push });
    const { message } = await rejection(setUp());
    expect(message).toContain("consumer responder on REQUESTS: deliver_subject: elsewhere, wanted unset");
  });
});

it("set-up allows message TTLs if the server has them, and omits them otherwise", async () => {
  await setUp();
  expect((await jsm.streams.info("REQUESTS")).config.allow_msg_ttl).toBe(serverIs("2.11.0") ? true : undefined);
});

describe.skipIf(serverLacks("per-message TTLs", "2.11.0"))("message TTLs, on this server", () => {
  const withoutTtl = () =>
    setup(nc).then(async () => {
      const { config } = await jsm.streams.info("REQUESTS");
      const { allow_msg_ttl: _, ...older } = config;
      await jsm.streams.delete("REQUESTS");
      await foreign(older);
      await jsm.consumers.add("REQUESTS", planSetup().consumers[0]?.config as ConsumerPlan);
    });

  it("are allowed, and a stream without them is reported", async () => {
    await withoutTtl();
    const { message } = await rejection(setUp());
    expect(message).toContain("stream REQUESTS: allow_msg_ttl: false, wanted true");
    expect(message).toMatch(/--update/);
    expect(message.match(/wanted/g)).toHaveLength(1);
  });

  it("are allowed by an update that keeps the messages", async () => {
    await withoutTtl();
    await nc.request("requests.order-sandwich");
    expect((await setUp({}, true)).updated).toEqual(["stream REQUESTS"]);
    expect((await jsm.streams.info("REQUESTS")).config.allow_msg_ttl).toBe(true);
    expect((await jsm.streams.info("REQUESTS")).state.messages).toBe(1);
    expect((await setUp()).unchanged).toEqual(all);
  });

  it("fail a request that expires with advice if the stream does not allow them", async () => {
    await withoutTtl();
    await using alice = await Requester.open(nc, { name: "alice" });
    const refused = await rejection(alice.request("order-bagel", "", { onTimeout: "expire" }));
    expect(refused).toBeInstanceOf(ConfigurationDiffersError);
    expect(refused.message).toMatch(/TTL.*jsrr setup --update/);
  });
});

it("a REPLIES stream without parts is reported, and changed by an update that keeps its replies", async () => {
  await setUp();
  const { config } = await jsm.streams.info("REPLIES");
  await jsm.streams.update("REPLIES", { ...config, subjects: ["replies.*.*"] });
  await nc.request("replies.alice.1", "🥪");
  const { message } = await rejection(setUp());
  expect(message).toContain('stream REPLIES: subjects: ["replies.*.*"], wanted ["replies.*.*","replies.*.*.*"]');
  expect((await setUp({}, true)).updated).toEqual(["stream REPLIES"]);
  expect((await jsm.streams.info("REPLIES")).state.messages).toBe(1);
  expect((await nc.request("replies.alice.1.1", "🥗")).json()).toMatchObject({ stream: "REPLIES" });
});

describe("a conflict", () => {
  it.each([
    ["REQUESTS", "requests.eu.*", "requests.>"],
    ["REPLIES", "replies.alice.*", "replies.*.*"],
  ])("of %s with another stream that has %s is reported", async (name, theirs, ours) => {
    await foreign({ name: "OTHER", subjects: [theirs] });
    const error = await rejection(setUp());
    expect(error).toBeInstanceOf(ConfigurationDiffersError);
    expect(error.message).toContain(`stream ${name}: its subject ${ours} belongs to stream OTHER`);
    expect(await streams()).toEqual(["OTHER"]);
  });

  it("of the work queue with another consumer is reported", async () => {
    await setUp();
    await jsm.consumers.delete("REQUESTS", "responder");
    const tea = { filter_subject: "requests.order-tea", ack_policy: "explicit" as const };
    await jsm.consumers.add("REQUESTS", { durable_name: "tea", ...tea });
    const { message } = await rejection(setUp());
    expect(message).toContain("consumer responder on REQUESTS: consumer tea takes requests from this queue");
  });
});

describe("--update", () => {
  const store = () => nc.request("requests.order-sandwich");
  const stored = async () => (await jsm.streams.info("REQUESTS")).state.messages;

  it("changes the fields that the server allows, and keeps the messages", async () => {
    await setUp();
    await store();
    const report = await setUp({ ackWaitMs: 5000, replyAgeMs: 7_200_000 }, true);
    expect(report.updated).toEqual(["stream REPLIES", "consumer responder on REQUESTS"]);
    expect((await jsm.consumers.info("REQUESTS", "responder")).config.ack_wait).toBe(5e9);
    expect(await stored()).toBe(1);
  });

  it("reports and changes the discard policy and the limits of the queue", async () => {
    await setUp();
    const wanted = { discard: "old", requestAgeMs: 3_600_000, maxAckPending: 5 } as const;
    const { message } = await rejection(setUp(wanted));
    expect(message).toContain("stream REQUESTS: max_age: unlimited, wanted 1h");
    expect(message).toContain("stream REQUESTS: discard: new, wanted old");
    expect(message).toContain("consumer responder on REQUESTS: max_ack_pending: 1000, wanted 5");
    const { updated } = await setUp(wanted, true);
    expect(updated).toEqual(["stream REQUESTS", "consumer responder on REQUESTS"]);
    expect(await setUp(wanted)).toMatchObject({ updated: [], created: [] });
  });

  it("reports the changes that the server does not allow", async () => {
    await setUp();
    const error = await rejection(setUp({ storage: "memory" }, true));
    expect(error).toBeInstanceOf(ConfigurationDiffersError);
    expect(error.message).toMatch(/can not change storage type.*storage: file, wanted memory.*keep it, or remove it/);
    expect(await streams()).toEqual(["DEAD_LETTERS", "REPLIES", "REQUESTS"]);
  });

  it("refuses smaller limits while messages are stored, before it changes anything", async () => {
    await setUp({ maxRequests: 10 });
    await store();
    await store();
    const error = await rejection(setUp({ maxRequests: 1, ackWaitMs: 5000 }, true));
    expect(error.message).toMatch(
      /^stream REQUESTS holds 2 messages, which a smaller limit could delete \(max_msgs: 10, wanted 1\), and nothing/,
    );
    expect(await stored()).toBe(2);
    expect((await jsm.consumers.info("REQUESTS", "responder")).config.ack_wait).toBe(30e9);
  });

  it("accepts smaller limits on an empty stream", async () => {
    await setUp({ maxRequests: 10 });
    expect((await setUp({ maxRequests: 1 }, true)).updated).toEqual(["stream REQUESTS"]);
  });
});

it("set-up reports a lost server as no answer, and not as a configuration", async () => {
  const other = await startTestServer();
  const lost = await other.connect({ reconnect: false });
  await other[Symbol.asyncDispose]();
  expect(await rejection(setup(lost))).toBeInstanceOf(KitError);
});
