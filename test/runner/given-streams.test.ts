// A run on a given server whose streams are there already takes away its own messages, and nobody else's.
import { jetstreamManager } from "@nats-io/jetstream";
import { headers } from "@nats-io/nats-core";
import { expect, test } from "vitest";
import { setup } from "../../src/index.js";
import { situationScenario } from "../internal/compare.js";
import type { HistoryEvent } from "../internal/history.js";
import { queueNames } from "../internal/protocol.js";
import { type Environment, readAll, readStreams, removeOwn, runScenario } from "../internal/runner.js";
import { privateTemp } from "../support/leftovers.js";
import { aliceAndBob, scenarioOf } from "../support/scenario.js";
import { startTestServer } from "../support/server.js";

test.each(["mailbox", "kv", "shared"] as const)("streams that %s needs are as before, and empty", async (strategy) => {
  using histories = privateTemp();
  await using server = await startTestServer();
  const nc = await server.connect();
  const jsm = await jetstreamManager(nc);
  await setup(nc, { strategies: ["kv", "shared"] });
  const scenario = await situationScenario("responder-offline", strategy);
  const { result } = await runScenario(scenario, { connection: { servers: server.url }, historyRoot: histories.path });
  expect([result.verdict, result.reason]).toEqual(["held", undefined]);
  const streams = await jsm.streams.list().next();
  expect(streams.map(({ config, state }) => `${config.name} ${state.messages}`).sort()).toEqual([
    "DEAD_LETTERS 0",
    "KV_REPLIES_KV 0",
    "REPLIES 0",
    "REQUESTS 0",
    "SHARED_REPLIES 0",
  ]);
});

test("a dead letter of the run is removed, and another's stays", async () => {
  using histories = privateTemp();
  await using server = await startTestServer();
  const nc = await server.connect();
  const jsm = await jetstreamManager(nc);
  await setup(nc, { storage: "memory", maxDeliver: 2 });
  const timeline = `
  - request: { from: alice, order: order-sandwich, as: lunch }
  - { expect: { lunch: dead-lettered }, after: lunch.terminated, within: 20s }
  - eventually: { stream.DEAD_LETTERS.messages: 2 }`;
  const more = "setup: { storage: memory }";
  const scenario = scenarioOf(aliceAndBob(timeline, { bob: "{ fails: always }", more }));
  const { result } = await runScenario(scenario, {
    connection: { servers: server.url },
    historyRoot: histories.path,
    // The streams are empty when a run begins.
    onEvent: ({ type }) => void (type === "returned" && nc.publish("dead-letters.order-soup", "🍲")),
  });
  expect(result.expectations.map(({ verdict }) => verdict)).toEqual(["held", "held"]);
  const left = await readAll(jsm, "DEAD_LETTERS", (msg) => msg);
  expect(left.map(({ subject }) => subject)).toEqual(["dead-letters.order-soup"]);
});

test("parts of the run's replies are removed and not counted as replies, and another's stay", async () => {
  await using server = await startTestServer();
  const nc = await server.connect();
  const jsm = await jetstreamManager(nc);
  await setup(nc, { storage: "memory" });
  for (const request of ["mine", "other"]) {
    for (const part of ["", ".1", ".2"]) {
      const h = headers();
      h.set("Request-Id", request);
      await nc.request(`replies.alice.${request}${part}`, "🍽", { headers: h, timeout: 5_000 });
    }
  }
  const environment = {
    jsm,
    streams: ["REPLIES"],
    queues: [queueNames()],
    created: [] as string[],
  } as unknown as Environment;
  const read = await readStreams(environment);
  expect(read).toMatchObject([{}, { type: "replies-read", replies: [{ request: "mine" }, { request: "other" }] }]);
  const published = { type: "published", stream: "REPLIES", sequence: 7 };
  await nc.request("replies.zoe.by-hand", "🐍", { timeout: 5_000 });
  await removeOwn(environment, [{ type: "stored", request: "mine" }, published] as HistoryEvent[]);
  const left = await readAll(jsm, "REPLIES", (msg) => msg);
  expect(left.map(({ seq }) => seq)).toEqual([4, 5, 6]);
});

test("streams that a run created are removed", async () => {
  using histories = privateTemp();
  await using server = await startTestServer();
  const scenario = await situationScenario("responder-offline", "kv");
  await runScenario(scenario, { connection: { servers: server.url }, historyRoot: histories.path });
  const jsm = await jetstreamManager(await server.connect());
  expect(await jsm.streams.list().next()).toEqual([]);
});
