// Responders that really die (SIGKILL) around the last attempt: whatever they had done, the request ends as one dead letter
// with one reply, and nothing is left in the queue.
import type { Msg } from "@nats-io/nats-core";
import { test } from "vitest";
import { RetryLaterError, replayDeadLetter, setup } from "../../src/index.js";
import { signalOf } from "../support/children.js";
import { type HarnessSetup, harnessOn, soon } from "../support/harness.js";
import { startTestServer } from "../support/server.js";

/** Fails retryably each time, and kills its own process at its first event of this type (`handler`: within the handler). */
async function mortal(url: string, at: string, options: object): Promise<string | null> {
  const dist = new URL("../../dist/", import.meta.url).href;
  const script = `
    import { connect } from "@nats-io/transport-node";
    import { Responder, RetryLaterError } from "${dist}index.js";
    const die = (point) => { if (point === "${at}") process.kill(process.pid, "SIGKILL"); };
    const handlers = { "order-stew": ({ deliveryCount }) => { if (deliveryCount > 1) die("handler"); throw new RetryLaterError("cold"); } };
    await Responder.start(await connect({ servers: "${url}" }), {
      name: "mortal", handlers, retry: { firstMs: 1 }, observe: (e) => die(e.type), ...${JSON.stringify(options)} });`;
  return signalOf(script);
}

const cold = () => {
  throw new RetryLaterError("cold");
};
const lost = "delivered 2 times, and no attempt came to an end";

/** Killed within the last handler, between copy and reply, between reply and term, and with the term on its way. */
const points = [
  ["handler", [0, 0, 1], lost],
  ["dead-lettered", [1, 0, 1], "cold"],
  ["replied", [1, 1, 1], "cold"],
] as const;

const limits: [string, HarnessSetup, object][] = [
  ["max_deliver: the server delivers it no more", { serverMaxDeliver: 2 }, {}],
  ["the limit of setup: the server delivers it again", { maxDeliver: 2 }, {}],
  ["maxAttempts: the server delivers it again", {}, { maxAttempts: 2 }],
];

for (const [what, setup, options] of limits) {
  test.concurrent.for(points)(`a responder that is killed at "%s", ${what}`, async ([at, left, reason], { expect }) => {
    await using server = await startTestServer();
    await using w = await harnessOn(server, { ...setup, ackWaitMs: 1_000, storage: "file" });
    const alice = await w.requester({ timeoutMs: 25_000 });
    const call = alice.request("order-stew", "no onions", { id: "lunch" });
    expect(await mortal(server.url, at, options)).toBe("SIGKILL");
    const streams = ["DEAD_LETTERS", "REPLIES", "REQUESTS"] as const;
    const counts = () => Promise.all(streams.map((stream) => w.count(stream)));
    expect(await counts()).toEqual(left);
    await w.responder({ handlers: { "order-stew": cold }, ...options });
    // Told by the first copy's reason where there was one: it is stored once.
    const reply = await call;
    expect(reply.status).toBe("dead-lettered");
    await expect.poll(counts, soon).toEqual([1, 1, 0]);
    const letter = await w.jsm.streams.getMessage("DEAD_LETTERS", { seq: 1 });
    expect(letter?.header.get("Dead-Letter-Reason")).toBe(reason);
    expect(letter?.string()).toBe("no onions");
    expect(w.of("executed")).toEqual([]);
  });
}

test.concurrent.for(limits)(
  "a responder that is killed between copy and reply, with a replay at once, %s",
  async ([, setup, options], { expect }) => {
    await using server = await startTestServer();
    await using w = await harnessOn(server, { ...setup, ackWaitMs: 1_000, storage: "file" });
    const alice = await w.requester({ timeoutMs: 25_000 });
    const call = alice.request("order-stew", "no onions", { id: "lunch" });
    expect(await mortal(server.url, "dead-lettered", options)).toBe("SIGKILL");
    expect(await replayDeadLetter(w.nc, 1)).toMatchObject({ outcome: "replayed", sequence: 2 });
    const carol = await w.responder({ handlers: { "order-stew": () => "🍲" }, ...options });
    expect(await call).toMatchObject({ status: "ok", text: "🍲" });
    await carol.drain();
    const streams = ["DEAD_LETTERS", "REPLIES", "REQUESTS"] as const;
    expect(await Promise.all(streams.map((stream) => w.count(stream)))).toEqual([0, 1, 0]);
    expect(w.of("executed")).toHaveLength(1);
    expect(w.of("dead-lettered")).toEqual([]);
  },
);

test.concurrent("a request that was stuck long before is found when a responder starts", async ({ expect }) => {
  await using server = await startTestServer();
  await using w = await harnessOn(server, { serverMaxDeliver: 1, ackWaitMs: 1_000 });
  const alice = await w.requester({ timeoutMs: 25_000 });
  const call = alice.request("order-bagel", "", { id: "lunch" });
  // Someone takes it and gives it back at its last delivery, and the server tells that to nobody.
  const pull = (body: object) =>
    new Promise<Msg>((resolve) => {
      w.nc.subscribe("taken", { max: 1, callback: (_, msg) => resolve(msg) });
      w.nc.publish("$JS.API.CONSUMER.MSG.NEXT.REQUESTS.responder", JSON.stringify(body), { reply: "taken" });
    });
  (await pull({ batch: 1 })).respond("-NAK");
  const info = () => w.jsm.consumers.info("REQUESTS", "responder");
  // The server notices at a pull that there is nothing left to deliver.
  const ackPending = async () => {
    // Not no_wait: 2.9.10 does not answer that where it finds only what has used up its deliveries.
    await pull({ batch: 1, expires: 50_000_000 });
    return (await info()).num_ack_pending;
  };
  await expect.poll(ackPending, soon).toBe(0);
  await w.responder();
  expect(await call).toMatchObject({ status: "dead-lettered" });
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  expect(w.of("delivered")).toEqual([]);
});

test.concurrent("a request whose last delivery finds DEAD_LETTERS full is kept until there is room, and then dead-lettered", async ({
  expect,
}) => {
  await using server = await startTestServer();
  await using w = await harnessOn(server, { serverMaxDeliver: 1, ackWaitMs: 1_000 });
  await w.nc.request("dead-letters.x", "");
  await w.jsm.streams.update("DEAD_LETTERS", { max_msgs: 1 });
  await w.responder({ handlers: { "order-stew": cold } });
  const call = (await w.requester({ timeoutMs: 25_000 })).request("order-stew");
  await w.saw("not-stored");
  expect([await w.count("REQUESTS"), await w.count("REPLIES")]).toEqual([1, 0]);
  await w.jsm.streams.purge("DEAD_LETTERS");
  expect((await call).status).toBe("dead-lettered");
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
});

test.concurrent("a request that is cancelled between copy and reply, with a consumer made anew, is not replayed", async ({
  expect,
}) => {
  await using server = await startTestServer();
  await using w = await harnessOn(server, { maxDeliver: 2, ackWaitMs: 1_000, storage: "file" });
  const alice = await w.requester({ timeoutMs: 25_000 });
  const handle = await alice.send("order-stew", "no onions", { id: "lunch" });
  expect(await mortal(server.url, "dead-lettered", {})).toBe("SIGKILL");
  await w.jsm.consumers.delete("REQUESTS", "responder");
  await setup(w.nc, { maxDeliver: 2, ackWaitMs: 1_000, storage: "file" });
  expect(await alice.cancel(handle)).toMatchObject({ outcome: "unknown", stored: { to: "replies.alice.lunch" } });
  const streams = ["DEAD_LETTERS", "REPLIES", "REQUESTS"] as const;
  const counts = () => Promise.all(streams.map((stream) => w.count(stream)));
  expect(await counts()).toEqual([1, 1, 0]);
  expect(await replayDeadLetter(w.nc, 1)).toMatchObject({ outcome: "over", request: "lunch" });
  expect(await counts()).toEqual([0, 1, 0]);
  expect(await alice.collect(handle)).toMatchObject({ status: "cancelled" });
});
