// A run on a given server whose streams are there already takes away its own messages, and nobody else's.
import { jetstreamManager } from "@nats-io/jetstream";
import { expect, test } from "vitest";
import { situationScenario } from "../../src/compare/situations.js";
import { runScenario } from "../../src/runner/run.js";
import { applySetup } from "../../src/stream-setup/apply.js";
import { planSetup } from "../../src/stream-setup/plan.js";
import { privateTemp } from "../support/leftovers.js";
import { startTestServer } from "../support/server.js";

test.each(["mailbox", "kv", "shared"] as const)(
  "%s: its streams are there as before, and empty",
  async (strategy) => {
    using histories = privateTemp();
    await using server = await startTestServer();
    const jsm = await jetstreamManager(await server.connect());
    await applySetup(jsm, planSetup({ strategies: ["kv", "shared"] }));
    const scenario = await situationScenario("responder-offline", strategy);
    const { result } = await runScenario(scenario, {
      connection: { servers: server.url },
      historyRoot: histories.path,
    });
    expect([result.verdict, result.reason]).toEqual(["held", undefined]);
    const streams = await jsm.streams.list().next();
    expect(streams.map(({ config, state }) => `${config.name} ${state.messages}`).sort()).toEqual([
      "DEAD_LETTERS 0",
      "KV_REPLIES_KV 0",
      "REPLIES 0",
      "REQUESTS 0",
      "SHARED_REPLIES 0",
    ]);
  },
);

test("streams that a run needed, and that were not there, are removed again", async () => {
  using histories = privateTemp();
  await using server = await startTestServer();
  const scenario = await situationScenario("responder-offline", "kv");
  await runScenario(scenario, { connection: { servers: server.url }, historyRoot: histories.path });
  const jsm = await jetstreamManager(await server.connect());
  expect(await jsm.streams.list().next()).toEqual([]);
});
