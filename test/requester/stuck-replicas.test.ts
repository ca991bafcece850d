// With replicas the consumer counts an ack a moment before the stream lets the message go: that is not stuck.
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { headers, type NatsConnection } from "@nats-io/nats-core";
import { expect, it } from "vitest";
import type { Handle } from "../../src/requester/handle.js";
import { findInQueue } from "../../src/requester/in-queue.js";
import { applySetup } from "../../src/stream-setup/apply.js";
import { planSetup } from "../../src/stream-setup/plan.js";
import { clusterReady, startTestCluster } from "../support/cluster.js";

/** A request that was delivered, and is not acknowledged yet. */
async function delivered(nc: NatsConnection, request: string) {
  const h = headers();
  h.set("Nats-Msg-Id", request);
  const stored = await nc.request("requests.order-bagel", "", { headers: h, timeout: 5_000 });
  const { seq: sequence } = stored.json<{ seq: number }>();
  const next = "$JS.API.CONSUMER.MSG.NEXT.REQUESTS.responder";
  const msg = await nc.request(next, '{"batch": 1}', { timeout: 5_000, noMux: true });
  return { handle: { requester: "alice", request, stream: "REQUESTS", sequence }, ack: msg.reply as string };
}

/** Every state it is told to be in, until it has left the queue. */
async function watch(jsm: JetStreamManager, handle: Handle): Promise<string[]> {
  const told: string[] = [];
  for (;;) {
    const found = await findInQueue(jsm, handle);
    if (!found) return told;
    told.push(found.where);
  }
}

it("what is acknowledged is never told to be stuck, however often one looks", async () => {
  await using cluster = await startTestCluster();
  await clusterReady(cluster);
  const nodes = await Promise.all(["one", "two", "three"].map((node) => cluster.connect(node)));
  const managers = await Promise.all(nodes.map((nc) => jetstreamManager(nc)));
  const nc = nodes[0] as NatsConnection;
  await applySetup(managers[0] as JetStreamManager, planSetup({ replicas: 3, maxDeliver: 3 }));
  const told = new Set<string>();
  for (let n = 0; n < 20; n++) {
    const { handle, ack } = await delivered(nc, `r${n}`);
    const watching = Promise.all(managers.map((jsm) => watch(jsm, handle)));
    await nc.flush();
    nc.publish(ack, "+ACK");
    for (const state of (await watching).flat()) told.add(state);
  }
  expect([...told]).toEqual(["running"]);
});
