// Replicas, on a real cluster of three.
import { jetstreamManager } from "@nats-io/jetstream";
import { expect, it } from "vitest";
import { applySetup, planSetup, setup } from "../../src/index.js";
import { clusterReady, startTestCluster } from "../support/server.js";

it("set-up creates three replicas, survives two set-ups at once, refuses more replicas than servers, and goes back to one", async () => {
  await using cluster = await startTestCluster();
  await clusterReady(cluster);
  const nc = await cluster.connect("three");
  const jsm = await jetstreamManager(nc);
  const other = await cluster.connect("one");

  const plan = planSetup({ replicas: 3 });
  await Promise.all([applySetup(nc, plan), applySetup(other, plan)]);
  const { cluster: group } = await jsm.streams.info("REQUESTS");
  expect([group?.leader, ...(group?.replicas ?? []).map(({ name }) => name)].sort()).toEqual(["one", "three", "two"]);
  expect((await applySetup(nc, plan)).unchanged).toHaveLength(4);

  const tooMany = setup(nc, { replicas: 5, update: true });
  await expect(tooMany).rejects.toThrow(/^stream REQUESTS: .*ask for fewer replicas, or use a cluster with that many/);

  await nc.request("requests.order-sandwich", "", { timeout: 5000 });
  const report = await setup(nc, { replicas: 1, update: true });
  expect(report.updated).toEqual(["stream REQUESTS", "stream REPLIES", "stream DEAD_LETTERS"]);
  expect((await jsm.streams.info("REQUESTS")).state.messages).toBe(1);
});
