// Updates: only what an option names changes, a dry run changes nothing, and single streams have settings of their own.
import { afterAll, expect, test } from "vitest";
import { applySetup, planSetup, type SetupOptions, setup, teardown } from "../../src/index.js";
import { jsrrHere } from "../support/cli.js";
import { type Harness, startHarnesses } from "../support/harness.js";
import { serverLacks } from "../support/server-version.js";

const harnesses = await startHarnesses();
afterAll(() => harnesses[Symbol.asyncDispose]());

const settings: SetupOptions = {
  ...{ ackWaitMs: 5_000, maxDeliver: 4, replyAgeMs: 3_600_000, duplicateWindowMs: 600_000, maxRequests: 50 },
  ...{ discard: "old", maxAckPending: 7, requestAgeMs: 7_200_000, storage: "memory" },
};

async function configurations({ jsm }: Harness) {
  const streams = ["REQUESTS", "REPLIES", "DEAD_LETTERS"].map(async (name) => (await jsm.streams.info(name)).config);
  const { config } = await jsm.consumers.info("REQUESTS", "responder");
  return { streams: await Promise.all(streams), consumer: config };
}

test("an update with one option keeps all other settings", async () => {
  await using w = await harnesses.next(false);
  await setup(w.nc, settings);
  const before = await configurations(w);
  expect(await setup(w.nc, { ackWaitMs: 9_000, update: true })).toMatchObject({
    updated: ["consumer responder on REQUESTS"],
  });
  const after = await configurations(w);
  expect(after.consumer).toEqual({ ...before.consumer, ack_wait: 9e9 });
  expect(after.streams).toEqual(before.streams);
  expect(await setup(w.nc, { update: true })).toMatchObject({ updated: [], created: [] });
  expect(await setup(w.nc, { replyAgeMs: 60_000, update: true })).toMatchObject({ updated: ["stream REPLIES"] });
  const { streams } = await configurations(w);
  // The server refuses a duplicate window that is longer than the age.
  expect(streams[1]).toMatchObject({ max_age: 60e9, duplicate_window: 60e9 });
  expect(streams[0]).toEqual(before.streams[0]);
});

test("an update restores what the kit needs, and applySetup changes all that its plan has", async () => {
  await using w = await harnesses.next(false);
  await setup(w.nc, settings);
  const { config } = await w.jsm.streams.info("REPLIES");
  await w.jsm.streams.update("REPLIES", { ...config, discard_new_per_subject: false });
  expect(await setup(w.nc, { update: true })).toMatchObject({ updated: ["stream REPLIES"] });
  expect((await configurations(w)).streams[1]).toMatchObject({ discard_new_per_subject: true, max_age: 3_600e9 });
  await applySetup(w.nc, planSetup({ storage: "memory" }), { update: true });
  expect((await configurations(w)).consumer).toMatchObject({ ack_wait: 30e9, max_ack_pending: 1000 });
});

const lacksMetadata = serverLacks("metadata, by which setup knows the consumers of a queue", "2.10.0");
test.skipIf(lacksMetadata)(
  "an update without consumers keeps those that are there, and refuses what is about one",
  async () => {
    await using w = await harnesses.next(false);
    const consumers = { quick: { subjects: ["now.>"] }, batch: { subjects: ["later.>"], ackWaitMs: 60_000 } };
    await setup(w.nc, { storage: "memory", consumers });
    expect(await setup(w.nc, { maxRequests: 9, update: true })).toMatchObject({
      updated: ["stream REQUESTS"],
      removed: [],
      created: [],
    });
    const { config } = await w.jsm.streams.info("REQUESTS");
    expect(config).toMatchObject({
      max_msgs: 9,
      subjects: expect.arrayContaining(["requests.now.>", "requests.later.>"]),
    });
    await expect(setup(w.nc, { ackWaitMs: 5_000, update: true })).rejects.toThrow(
      /to set ackWaitMs, name its consumers/,
    );
    expect((await w.jsm.consumers.info("REQUESTS", "batch")).config.ack_wait).toBe(60e9);
  },
);

test("a dry run says each change, old and new, and changes nothing", async () => {
  await using w = await harnesses.next(false);
  const first = await setup(w.nc, { storage: "memory", dryRun: true });
  expect(first.changes?.[0]).toBe("create stream REQUESTS");
  expect(first.created).toHaveLength(4);
  expect(await w.jsm.streams.names().next()).toEqual([]);
  await setup(w.nc, settings);
  const before = await configurations(w);
  const { changes } = await setup(w.nc, { ackWaitMs: 9_000, maxRequests: 60, update: true, dryRun: true });
  expect(changes?.toSorted()).toEqual([
    "update consumer responder on REQUESTS: ack_wait: 5s -> 9s",
    "update stream REQUESTS: max_msgs: 50 -> 60",
  ]);
  expect(await configurations(w)).toEqual(before);
});

test.skipIf(serverLacks("message schedules", "2.12.0"))(
  "an update of a queue with a stream name of its own keeps the subjects of schedules and of a shared consumer",
  async () => {
    await using w = await harnesses.next(false);
    const queue = { queue: "print", names: { requests: { stream: "Jobs" } } };
    await setup(w.nc, { ...queue, storage: "memory", schedules: true, shared: true });
    expect(await setup(w.nc, { ...queue, maxRequests: 9, update: true })).toMatchObject({ updated: ["stream Jobs"] });
    const subjects = async (stream: string) => (await w.jsm.streams.info(stream)).config.subjects;
    expect(await subjects("Jobs")).toEqual(["print.requests.>", "print.scheduled.*.*"]);
    expect(await subjects("PRINT_REPLIES")).toContain("print.attempts.*.*");
  },
);

test.skipIf(serverLacks("stream metadata and compression", "2.10.0"))(
  "single streams have settings of their own, which a later update keeps",
  async () => {
    await using w = await harnesses.next(false);
    const streams: SetupOptions["streams"] = {
      requests: { max_msg_size: 20_000, compression: "s2", metadata: { team: "orders" } },
      deadLetters: { max_bytes: 5_000_000, description: "kept for the auditors" },
    } as SetupOptions["streams"];
    await setup(w.nc, { streams });
    await setup(w.nc, { maxDeliver: 3, update: true });
    const [requests, replies, letters] = (await configurations(w)).streams;
    expect(requests).toMatchObject({ max_msg_size: 20_000, compression: "s2" });
    expect(requests?.metadata).toMatchObject({ team: "orders" });
    expect(replies?.max_msg_size).toBe(-1);
    expect(letters).toMatchObject({ max_bytes: 5_000_000, description: "kept for the auditors" });
    await setup(w.nc, { streams: { requests: { max_msg_size: 30_000 } }, update: true });
    expect((await configurations(w)).streams[0]).toMatchObject({ max_msg_size: 30_000, compression: "s2" });
    const slip = { streams: { requests: { maxMsgSize: 5 } } } as SetupOptions;
    expect(() => planSetup(slip)).toThrow('has no option "maxMsgSize"; did you mean "max_msg_size"?');
    expect(() => planSetup({ streams: { request: {} } } as SetupOptions)).toThrow('did you mean "requests"?');
  },
);

test("jsrr setup shows a change of what exists before it makes it, and --dry-run changes nothing", async () => {
  await using w = await harnesses.next(false);
  const run = (...words: string[]) =>
    jsrrHere([...words, "--server", harnesses.server.url, "--user", w.user, "--password", "w"]);
  const dry = await run("setup", "--dry-run", "--stream-config", "replies.max_msg_size=9000");
  expect(dry.stdout).toMatch(/^create stream REQUESTS\n/);
  expect(await w.jsm.streams.names().next()).toEqual([]);
  await run("setup", "--ack-wait", "5s", "--stream-config", "replies.max_msg_size=9000");
  expect((await configurations(w)).streams[1]?.max_msg_size).toBe(9000);
  const { stdout } = await run("setup", "--update", "--max-deliver", "3");
  const field = lacksMetadata ? "max_deliver" : "max-attempts";
  expect(stdout).toMatch(`update consumer responder on REQUESTS: ${field}: unlimited -> 3\nupdated consumer`);
  expect((await configurations(w)).consumer.ack_wait).toBe(5e9);
  const slip = await run("setup", "--stream-config", "replies.max_size=1");
  expect(slip).toMatchObject({ code: 4, stderr: expect.stringContaining('has no option "max_size"') });
});

test("jsrr teardown needs a terminal or --yes, and says how much it deletes", async () => {
  await using w = await harnesses.next();
  await (await w.requester()).send("order-bagel");
  const run = (...words: string[]) =>
    jsrrHere(["teardown", "--server", harnesses.server.url, "--user", w.user, "--password", "w", ...words]);
  expect(await run()).toMatchObject({ code: 4, stderr: expect.stringContaining("needs --yes") });
  expect(await w.count("REQUESTS")).toBe(1);
  const { code, stdout } = await run("--yes");
  expect([code, stdout.split("\n")[0]]).toEqual([0, "deleted stream REQUESTS with 1 stored message"]);
  expect(await w.jsm.streams.names().next()).toEqual([]);
  expect(await run("--yes")).toMatchObject({ code: 0, stderr: "There is nothing to delete.\n" });
  expect(await teardown(w.nc)).toEqual([]);
});
