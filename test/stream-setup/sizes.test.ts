// Sizes of the streams on real servers: room for replies that requests cannot fill, and one reply to each request.
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import {
  ConfigurationDiffersError,
  type ConsumerPlan,
  planSetup,
  Requester,
  Responder,
  StreamFullError,
  setup,
} from "../../src/index.js";
import { AlreadyStoredError, defaultNames, readPubAck } from "../internal/protocol.js";
import { planFor } from "../internal/stream-setup.js";
import { soon } from "../support/harness.js";
import { startTestServer } from "../support/server.js";
import { serverLacks } from "../support/server-version.js";

const account = (name: string, limits: string) =>
  `${name} { jetstream { ${limits} }, users: [{ user: ${name}, password: p }] }`;
const server = await startTestServer({
  config: `accounts {
    ${account("limited", "max_file: 20MB, max_mem: 40MB")}
    ${account("demanding", "max_file: 200MB, max_mem: 0, max_bytes_required: true")}
    ${account("unlimited", "max_file: -1, max_mem: -1")}
  }`,
});
afterAll(() => server[Symbol.asyncDispose]());

const as = async (user: string): Promise<{ nc: NatsConnection; jsm: JetStreamManager }> => {
  const nc = await server.connect({ user, pass: "p" });
  return { nc, jsm: await jetstreamManager(nc) };
};
const limited = await as("limited");
const demanding = await as("demanding");
const unlimited = await as("unlimited");
const names = ["REQUESTS", "REPLIES", "DEAD_LETTERS"];
const sizes = async ({ jsm }: { jsm: JetStreamManager }) =>
  Promise.all(names.map(async (name) => (await jsm.streams.info(name)).config.max_bytes));

beforeEach(async () => {
  for (const { jsm } of [limited, demanding, unlimited])
    for await (const name of jsm.streams.names()) {
      await jsm.streams.purge(name);
      await jsm.streams.delete(name);
    }
});

describe("the size of a new stream", () => {
  it.each([
    ["limited", {}, [12_582_912, 6_291_456, 2_097_152]],
    ["limited", { storage: "memory" }, [25_165_824, 12_582_912, 4_194_304]],
    ["demanding", {}, [125_829_120, 62_914_560, 20_971_520]],
    ["unlimited", {}, [-1, -1, -1]],
    ["unlimited", { maxBytes: 100_000_000 }, [60_000_000, 30_000_000, 10_000_000]],
  ] as const)("in the account %s with %j is a share of what is left", async (user, options, wanted) => {
    const one = { limited, demanding, unlimited }[user];
    await setup(one.nc, options);
    expect(await sizes(one)).toEqual(wanted);
    expect((await setup(one.nc, options)).unchanged).toHaveLength(4);
  });

  it.skipIf(serverLacks("the reserved bytes of an account", "2.10.0"))(
    "leaves room for other streams of the account",
    async () => {
      await limited.jsm.streams.add({ name: "OTHER", subjects: ["other"], max_bytes: 10_971_520 });
      await setup(limited.nc);
      expect(await sizes(limited)).toEqual([6_000_000, 3_000_000, 1_000_000]);
    },
  );

  it("is shared by the streams of several reply strategies", async () => {
    await setup(unlimited.nc, { maxBytes: 100_000_000, strategies: ["kv", "shared"] });
    const of = async (name: string) => (await unlimited.jsm.streams.info(name)).config.max_bytes;
    expect(await Promise.all(["REPLIES", "KV_REPLIES_KV", "SHARED_REPLIES"].map(of))).toEqual(
      Array.from({ length: 3 }, () => 10_000_000),
    );
  });
});

it("a size that an operator chose is kept, and changes only where nothing is deleted", async () => {
  const { streams, consumers } = planFor(unlimited.nc, planSetup());
  for (const stream of streams) await unlimited.jsm.streams.add({ ...stream, max_bytes: 5_000_000 });
  await unlimited.jsm.consumers.add("REQUESTS", consumers[0]?.config as ConsumerPlan);
  expect((await setup(unlimited.nc)).unchanged).toHaveLength(4);
  await unlimited.nc.request("requests.order-tea", new Uint8Array(900_000));
  const smaller = setup(unlimited.nc, { maxBytes: 16_000_000, update: true });
  expect((await smaller).updated).toHaveLength(3);
  expect(await sizes(unlimited)).toEqual([9_600_000, 4_800_000, 1_600_000]);
});

it("an account that requests have filled refuses new ones, and empties itself when a responder starts", async () => {
  await setup(limited.nc);
  await using alice = await Requester.open(limited.nc, { name: "alice" });
  const payload = new Uint8Array(200_000);
  let stored = 0;
  const fill = async () => {
    for (;;) {
      await alice.send("echo", payload);
      stored++;
    }
  };
  await expect(fill()).rejects.toThrow(StreamFullError);
  expect(stored).toBeGreaterThan(50);
  // Replies of a tenth of their request: all of them fit into the room of REPLIES.
  const bob = await Responder.start(limited.nc, {
    name: "bob",
    handlers: { echo: ({ data }: { data: Uint8Array }) => data.subarray(0, 20_000) },
  });
  const count = async (name: string) => (await limited.jsm.streams.info(name)).state.messages;
  await expect.poll(() => count("REQUESTS"), soon).toBe(0);
  expect(await count("REPLIES")).toBe(stored);
  await alice.send("echo", payload);
  await bob.drain();
});

describe("a second reply to one request", () => {
  const second = async (subject: string) =>
    readPubAck(defaultNames, await unlimited.nc.request(subject, "second", { timeout: 5_000 }), subject);

  it("is refused by the server without any header, and is read as already stored", async () => {
    await setup(unlimited.nc, { storage: "memory" });
    for (const subject of ["replies.alice.one", "replies.alice.one.1"]) {
      expect(await second(subject)).toMatchObject({ stream: "REPLIES" });
      expect(await second(subject)).toBeInstanceOf(AlreadyStoredError);
    }
    const kept = await unlimited.jsm.streams.getMessage("REPLIES", { last_by_subj: "replies.alice.one" });
    expect(kept?.seq).toBe(1);
  });

  it("is told from a full stream, which has the same number", async () => {
    await setup(unlimited.nc, { storage: "memory" });
    const { config } = await unlimited.jsm.streams.info("REPLIES");
    await unlimited.jsm.streams.update("REPLIES", { ...config, max_msgs: 1 });
    expect(await second("replies.alice.one")).toMatchObject({ stream: "REPLIES" });
    expect(await second("replies.alice.two")).toBeInstanceOf(StreamFullError);
    expect(await second("replies.alice.one")).toBeInstanceOf(AlreadyStoredError);
  });

  it("can be stored when the first is older than the age of replies", async () => {
    await setup(unlimited.nc, { storage: "memory", replyAgeMs: 100 });
    await using alice = await Requester.open(unlimited.nc, { name: "alice" });
    const bob = await Responder.start(unlimited.nc, { name: "bob", handlers: { echo: ({ text }) => text } });
    expect(await alice.request("echo", "first", { id: "same" })).toMatchObject({ text: "first" });
    const count = async () => (await unlimited.jsm.streams.info("REPLIES")).state.messages;
    await expect.poll(count, soon).toBe(0);
    expect(await second("replies.alice.same")).toMatchObject({ stream: "REPLIES" });
    await bob.drain();
  });

  const older = async () => {
    const { streams, consumers } = planFor(unlimited.nc, planSetup({ storage: "memory" }));
    for (const { max_msgs_per_subject: _, discard_new_per_subject: __, ...stream } of streams)
      await unlimited.jsm.streams.add(stream);
    await unlimited.jsm.consumers.add("REQUESTS", consumers[0]?.config as ConsumerPlan);
  };

  it("is refused after an update of an older set-up, which keeps all replies", async () => {
    await older();
    for (const n of [1, 2, 3]) await second(`replies.alice.${n}`);
    await expect(setup(unlimited.nc, { storage: "memory" })).rejects.toThrow(
      "max_msgs_per_subject: unlimited, wanted 1",
    );
    expect((await setup(unlimited.nc, { storage: "memory", update: true })).updated).toEqual(["stream REPLIES"]);
    expect((await unlimited.jsm.streams.info("REPLIES")).state.messages).toBe(3);
    expect(await second("replies.alice.2")).toBeInstanceOf(AlreadyStoredError);
  });

  it("that an older set-up holds is not deleted by an update", async () => {
    await older();
    for (const n of [1, 1, 2]) await second(`replies.alice.${n}`);
    await expect(setup(unlimited.nc, { storage: "memory", update: true })).rejects.toThrow(ConfigurationDiffersError);
    expect((await unlimited.jsm.streams.info("REPLIES")).state.messages).toBe(3);
  });
});
