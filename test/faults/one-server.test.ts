// Faults of a single server and of its store, on a real one: injected, seen to bite, healed.
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { startTestCluster, type TestCluster } from "../support/server.js";
import { type Bench, bench, publish, watch } from "./bench.js";

let cluster: TestCluster;
let nc: NatsConnection;
let at: Bench;
const connections = new Map();

beforeAll(async () => {
  cluster = await startTestCluster({ nodes: 1 });
  nc = await cluster.connect("server", { reconnectTimeWait: 20 });
});
afterAll(() => cluster[Symbol.asyncDispose]());
beforeEach(async () => {
  at = bench({ cluster, connections });
  // The test before may have restarted the server: what is asked before the connection is back is never answered.
  const answers = () =>
    jetstreamManager(nc, { timeout: 500 }).then(
      () => true,
      () => false,
    );
  await expect.poll(answers, { timeout: 10_000 }).toBe(true);
  const jsm = await jetstreamManager(nc);
  await jsm.streams.purge("REQUESTS").catch(() => {});
  await jsm.streams.delete("REQUESTS").catch(() => {});
  await jsm.streams.add({ name: "REQUESTS", subjects: ["requests.>"] });
  onTestFinished(watch(at, "alice", nc));
});

const back = () => expect.poll(() => publish(at, nc, "after", 500), { timeout: 10_000 }).toBe(true);
const types = () => at.history.map(({ type }) => type).filter((type) => type.startsWith("fault-"));

test("the no-op has no effect", async () => {
  const fault = await at.inject("noop");
  await publish(at, nc, "r1");
  await fault.heal();
  await fault.heal();
  expect(fault.bit(at.history)).toBeUndefined();
  expect(types()).toEqual(["fault-injected", "fault-healed"]);
});

test("a fault that no client noticed has no effect", async () => {
  await publish(at, nc, "r0");
  const fault = await at.inject("pause-server");
  await fault.heal();
  await publish(at, nc, "r1"); // it may take long on a busy machine, and it began when all was well
  expect(fault.bit(at.history)).toBeUndefined();
});

test("a frozen server answers nothing until it is healed", async () => {
  const fault = await at.inject("pause-server");
  const published = publish(at, nc, "r1", 300);
  expect(await published).toBe(false);
  await fault.heal();
  await back();
  expect(fault.bit(at.history)).toMatch(/^a request failed: timeout/);
});

test("a killed server is away until it is healed", async () => {
  const fault = await at.inject("kill-server");
  await expect.poll(() => at.history.map(({ type }) => type)).toContain("disconnected");
  expect(cluster.node("server").running).toBe(false);
  await fault.heal();
  await back();
  expect(fault.bit(at.history)).toBe("alice was disconnected");
});

test("a restarted server breaks its connections", async () => {
  const fault = await at.inject("restart-server", { node: "server" });
  await back();
  await fault.heal();
  expect(fault.bit(at.history)).toBe("alice was disconnected");
});

test("a server in lame duck mode sends its clients away, and ends", async () => {
  const fault = await at.inject("lame-duck");
  expect(cluster.node("server").running).toBe(false);
  await fault.heal();
  await back();
  expect(fault.bit(at.history)).toBe("alice was disconnected");
});

describe("with 200 stored messages", () => {
  beforeEach(async () => {
    const all = Array.from({ length: 200 }, (_, n) => nc.request("requests.x", `m${n}`.padEnd(100, ".")));
    await Promise.all(all);
  });

  test("a flipped bit makes a message unreadable", async () => {
    const fault = await at.inject("flip-bit");
    expect(fault.bit(at.history)).toMatch(/^1\d\d of 200 messages in REQUESTS can still be read$/);
  });

  test("half a block is half the messages", async () => {
    const fault = await at.inject("truncate-block");
    expect(fault.bit(at.history)).toMatch(/^(99|100) of 200 messages/);
  });

  test("files that match a pattern are damaged, and no others", async () => {
    const fault = await at.inject("corrupt-file", { files: "**/REQUESTS/msgs/*.blk", damage: "half", by: "kill" });
    expect(fault.bit(at.history)).toMatch(/^(99|100) of 200 messages/);
    const untouched = await at.inject("corrupt-file", { files: "$G/streams/REQUESTS/msgs/index.d?", damage: "gone" });
    const counted = at.history.findLast(({ type }) => type === "messages-counted");
    expect(counted).toMatchObject({ before: expect.any(Number), after: (counted as { before?: number }).before });
    await untouched.heal();
  });

  test("a pattern without a file is refused, with the files that there are, and the server runs again", async () => {
    await expect(at.inject("corrupt-file", { files: "*.blk" })).rejects.toThrow(
      /^No file of the store matches "\*\.blk", only .*\$G\/streams\/REQUESTS\/msgs\/1\.blk/,
    );
    await back();
  });

  test("a wiped store is empty", async () => {
    const fault = await at.inject("wipe-store");
    expect(fault.bit(at.history)).toBe("0 of 200 messages in REQUESTS can still be read");
  });
});

test("a missing server, stream or disk is named", async () => {
  await expect(at.inject("kill-server", { node: "two" })).rejects.toThrow("There is no server two; there is server.");
  await expect(at.inject("leader-stepdown")).rejects.toThrow("REQUESTS has one copy");
  await expect(at.inject("power-failure")).rejects.toThrow("The server server has no disk of its own");
});
