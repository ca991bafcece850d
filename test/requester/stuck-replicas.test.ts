// With replicas the consumer counts an ack a moment before the stream lets the message go: that is not stuck.
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { headers, type NatsConnection } from "@nats-io/nats-core";
import { expect, it } from "vitest";
import { type Handle, setup } from "../../src/index.js";
import { defaultNames } from "../internal/protocol.js";
import { findInQueue } from "../internal/requester.js";
import { clusterReady, startTestCluster } from "../support/server.js";

/** One delivery, by its ack address; undefined where there is nothing to deliver. */
async function pull(nc: NatsConnection): Promise<string | undefined> {
  const next = "$JS.API.CONSUMER.MSG.NEXT.REQUESTS.responder";
  const msg = await nc.request(next, '{"batch": 1, "expires": 500000000}', { timeout: 5_000, noMux: true });
  return msg.headers?.code ? undefined : msg.reply;
}

/** A request that was delivered, and is not acknowledged yet. */
async function delivered(nc: NatsConnection, request: string) {
  const h = headers();
  h.set("Nats-Msg-Id", request);
  const stored = await nc.request("requests.order-bagel", "", { headers: h, timeout: 5_000 });
  const { seq: sequence } = stored.json<{ seq: number }>();
  const handle = { requester: "alice", request, stream: "REQUESTS", sequence };
  return { handle, ack: (await pull(nc)) as string };
}

/** Every state it is told to be in, until it has left the queue. */
async function watch(nc: NatsConnection, jsm: JetStreamManager, handle: Handle): Promise<string[]> {
  const told: string[] = [];
  for (;;) {
    const found = await findInQueue(nc, jsm, defaultNames, handle);
    if (!found) return told;
    told.push(found.where);
  }
}

it("an acknowledged request is never reported as stuck, and one that is out of deliveries is", async () => {
  await using cluster = await startTestCluster();
  await clusterReady(cluster);
  const nodes = await Promise.all(["one", "two", "three"].map((node) => cluster.connect(node)));
  const managers = await Promise.all(nodes.map((nc) => jetstreamManager(nc)));
  const nc = nodes[0] as NatsConnection;
  await setup(nc, { replicas: 3 });
  await managers[0]?.consumers.update("REQUESTS", "responder", { max_deliver: 3 });
  const told = new Set<string>();
  for (let n = 0; n < 20; n++) {
    const { handle, ack } = await delivered(nc, `r${n}`);
    // Before the ack: where one node leads everything, all looks that race with it may find the request gone.
    told.add((await findInQueue(nc, managers[0] as JetStreamManager, defaultNames, handle))?.where ?? "gone");
    const watching = Promise.all(managers.map((jsm) => watch(nc, jsm, handle)));
    await nc.flush();
    nc.publish(ack, "+ACK");
    for (const state of (await watching).flat()) told.add(state);
  }
  expect([...told]).toEqual(["running"]);

  const { handle, ack } = await delivered(nc, "stuck");
  for (let last: string | undefined = ack; last; last = await pull(nc)) nc.publish(last, "-NAK");
  const places = await Promise.all(managers.map((jsm) => findInQueue(nc, jsm, defaultNames, handle)));
  expect(places.map((found) => found?.where)).toEqual(["stuck", "stuck", "stuck"]);
});
