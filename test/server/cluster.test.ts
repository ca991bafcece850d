// The server of a run, and what can be done to it. (Three together: test/faults/cluster.test.ts, which has a cluster anyway.)
import { readFileSync } from "node:fs";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { jetStreamReady, startOf } from "../internal/server.js";
import { startTestCluster, type TestCluster } from "../support/server.js";
import { serverIs } from "../support/server-version.js";

const stateOf = (pid: number) => /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];

describe("one server of a cluster", () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startTestCluster({
      nodes: 1,
      ...(serverIs("2.10.0") && { syncInterval: "always" }),
      maxFileStore: 50_000_000,
      maxMemory: 10_000_000,
    });
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  test("has the limits it was given", async () => {
    const jsm = await jetstreamManager(await cluster.connect("server"));
    await jetStreamReady(jsm, 1);
    const add = (max_bytes: number) => jsm.streams.add({ name: "WORK", subjects: ["work"], max_bytes });
    await expect(add(60_000_000)).rejects.toThrow(/storage/);
    expect((await add(40_000_000)).config.max_bytes).toBe(40_000_000);
  });

  test("keeps its port and its store over a kill, a termination and a restart of a running one", async () => {
    const server = cluster.node("server");
    const nc = await cluster.connect("server", { reconnectTimeWait: 20 });
    await jetstream(nc).publish("work", "x");
    const first = server.pid;
    await server.kill();
    expect(server.running).toBe(false);
    expect(startOf(first)).toBeUndefined();
    expect(() => server.pid).toThrow("The server server is not running.");
    await server.restart();
    await server.stop();
    await server.restart();
    await server.restart();
    expect(server.pid).not.toBe(first);
    const jsm = await jetstreamManager(await cluster.connect("server"));
    expect((await jsm.streams.info("WORK")).state.messages).toBe(1);
  });

  test("can be paused, and killed while it is paused", async () => {
    const server = cluster.node("server");
    await server.pause();
    expect(stateOf(server.pid)).toBe("T");
    server.resume();
    await expect.poll(() => stateOf(server.pid), { interval: 5 }).not.toBe("T");
    await server.pause();
    await server.kill();
    server.resume();
    expect(server).toMatchObject({ running: false });
    await server.restart();
  });

  test("reports an unexpected end", async () => {
    await using own = await startTestCluster({ nodes: 1 });
    process.kill(own.node("server").pid, "SIGKILL");
    expect((await own.died).message).toBe("nats-server ended by itself (SIGKILL).");
  });

  test("ends as a lame duck", async () => {
    const server = cluster.node("server");
    const nc = await cluster.connect("server", { reconnect: false });
    const told = (async () => {
      for await (const { type } of nc.status()) if (type === "ldm") return type;
    })();
    const exit = await server.lameDuck();
    expect(await told).toBe("ldm");
    expect(exit).toEqual({ code: 0, signal: null });
    expect(server.running).toBe(false);
  });
});
