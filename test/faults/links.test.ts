// Faults of the link between a client and a real server: injected, seen to bite, healed.
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { Link } from "../internal/link.js";
import { startTestCluster, type TestCluster } from "../support/server.js";
import { type Bench, bench, publish, watch } from "./bench.js";

let cluster: TestCluster;
let link: Link;
let nc: NatsConnection;
let at: Bench;
const between = ["alice", "server"];

beforeAll(async () => {
  cluster = await startTestCluster({ nodes: 1 });
  const { host, port } = cluster.node("server");
  link = await Link.open({ target: () => ({ host, port }), random: () => 0.5 });
  nc = await cluster.connect("server", { servers: link.url, reconnectTimeWait: 20 });
  await (await jetstreamManager(nc)).streams.add({ name: "REQUESTS", subjects: ["requests.>"] });
});
afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
  await link[Symbol.asyncDispose]();
});
beforeEach(() => {
  at = bench({ cluster, links: { "alice server": link } });
  onTestFinished(watch(at, "alice", nc));
});

const back = () => expect.poll(() => publish(at, nc, "after", 500), { timeout: 10_000 }).toBe(true);

/** The shortest time from one of these requests to its PubAck, in milliseconds. */
function shortest(requests: readonly string[]): number {
  const { history } = at;
  const timeOf = (type: string, id: string) =>
    history.find((event) => event.type === type && "request" in event && event.request === id)?.t as number;
  return Math.min(...requests.map((id) => (timeOf("stored", id) - timeOf("requested", id)) / 1000));
}

test("a slow link delays a request both ways, and has an effect only if something took that long", async () => {
  const fault = await at.inject("latency", { between, delay: "60ms", jitter: "20ms" });
  expect(fault.bit(at.history)).toBeUndefined();
  await publish(at, nc, "r1");
  await fault.heal();
  expect(fault.bit(at.history)).toMatch(/^each round trip of alice took (1[2-9]\d|[2-9]\d\d|\d{4,}) ms at the least$/);
});

test("a narrow link delays what is large", async () => {
  const fault = await at.inject("bandwidth", { between, bytes_per_second: 100_000 });
  await publish(at, nc, "x".repeat(20_000));
  await fault.heal();
  expect(fault.bit(at.history)).toMatch(/^each round trip of alice took ([2-9]\d\d|\d{4,}) ms at the least$/);
});

test("a cut link breaks the connection and lets none in until it is healed", async () => {
  const fault = await at.inject("cut", { between });
  await expect.poll(() => at.history.map(({ type }) => type), { timeout: 20_000 }).toContain("disconnected");
  await fault.heal();
  await back();
  expect(fault.bit(at.history)).toBe("alice was disconnected");
});

test("a black hole answers nothing, and passes on what it kept when healed", async () => {
  const fault = await at.inject("black-hole", { between });
  const slow = publish(at, nc, "r1", 3000);
  expect(await publish(at, nc, "r2", 150)).toBe(false);
  await fault.heal();
  expect(await slow).toBe(true);
  expect(fault.bit(at.history)).toMatch(/^a request failed: timeout/);
});

test("a reset connection is made again at once", async () => {
  const fault = await at.inject("reset", { between });
  await back();
  await fault.heal();
  expect(fault.bit(at.history)).toBe("alice was disconnected");
});

test.each(["to-server", "to-client"])("a half-open connection loses what goes %s", async (lost) => {
  // A short ping interval ends the connection of a busy machine, and a half-open link loses messages of other connections:
  // only this test has them.
  const { host, port } = cluster.node("server");
  await using link = await Link.open({ target: () => ({ host, port }), random: () => 0.5 });
  const at = bench({ cluster, links: { "alice server": link } });
  const nc = await cluster.connect("server", { servers: link.url, reconnectTimeWait: 20, pingInterval: 200 });
  onTestFinished(watch(at, "alice", nc));
  onTestFinished(() => nc.close());
  const back = () => expect.poll(() => publish(at, nc, "after", 500), { timeout: 10_000 }).toBe(true);
  await back();
  const fault = await at.inject("half-open", { between, lost });
  expect(await publish(at, nc, "r1", 100)).toBe(false);
  // The client's pings are not answered, so it gives the connection up by itself; its next one is sound.
  await back();
  await fault.heal();
  expect(fault.bit(at.history)).toMatch(/^alice was disconnected/);
});

test("two faults on one link are healed one by one", async () => {
  const slow = await at.inject("latency", { between, delay: "50ms" });
  const narrow = await at.inject("bandwidth", { between, bytes_per_second: 1_000_000 });
  await narrow.heal();
  // The shortest of several round trips: one alone also has the pauses of a busy machine.
  const whileSlow = ["r1", "r2", "r3", "r4", "r5"];
  for (const request of whileSlow) expect(await publish(at, nc, request)).toBe(true);
  const least = shortest(whileSlow);
  const bit = `each round trip of alice took ${Math.round(least)} ms at the least`;
  expect(least).toBeGreaterThanOrEqual(100);
  expect(slow.bit(at.history)).toBe(bit);
  await slow.heal();
  const healed = ["r6", "r7", "r8", "r9", "r10"];
  for (const request of healed) expect(await publish(at, nc, request)).toBe(true);
  expect(shortest(healed)).toBeLessThan(least / 2);
  expect(slow.bit(at.history)).toBe(bit);
});
