// Why a request waits: `locate` and `jsrr status` say what keeps the consumer from delivering it.
import { headers } from "@nats-io/nats-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { locate, RetryLaterError } from "../../src/index.js";
import { type Harness, type Harnesses, soon, startHarnesses } from "../support/harness.js";
import { serverLacks } from "../support/server-version.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

async function send(w: Harness, id: string, subject = "requests.order-bagel") {
  const h = headers();
  h.set("Nats-Msg-Id", id);
  h.set("Reply-To", `replies.alice.${id}`);
  const ack = await w.nc.request(subject, "", { headers: h, timeout: 5_000 });
  return { requester: "alice", request: id, stream: "REQUESTS", sequence: ack.json<{ seq: number }>().seq };
}

const evidence = async (w: Harness, handle: Parameters<typeof locate>[1]) => (await locate(w.nc, handle)).evidence;

test("a request waits because no responder pulls", async () => {
  await using w = await harnesses.next();
  expect(await evidence(w, await send(w, "1"))).toBe(
    "message 1 is in REQUESTS, not yet delivered to any responder: no responder pulls",
  );
});

test("a request waits because max_ack_pending is used up by retries", async () => {
  await using w = await harnesses.next({ maxAckPending: 3 });
  const down = () => {
    throw new RetryLaterError("the other system is down");
  };
  await w.responder({ retry: { firstMs: 60_000, mostMs: 60_000 }, handlers: { "order-bagel": down } });
  for (const id of ["1", "2", "3"]) await send(w, id);
  await w.saw("returned", () => w.of("returned").length === 3);
  expect(await evidence(w, await send(w, "4"))).toMatch(
    /not yet delivered to any responder: max_ack_pending \(3\) of consumer responder is reached by requests that .* wait for their retry$/,
  );
});

test("a request is delivered again while its handler computes for longer than ack_wait, and the evidence says so", async () => {
  await using w = await harnesses.next({ ackWaitMs: 400 });
  const pull = () => w.nc.request("$JS.API.CONSUMER.MSG.NEXT.REQUESTS.responder", "", { timeout: 5_000, noMux: true });
  const handle = await send(w, "1");
  await pull(); // by a process that computes, and sends nothing
  expect(await evidence(w, handle)).toBe("message 1 is in REQUESTS, delivered to a responder and not yet acknowledged");
  await pull();
  expect(await evidence(w, handle)).toBe(
    "message 1 is in REQUESTS, delivered to a responder and not yet acknowledged; 1 request in hand delivered more than once: after a retry, by a responder that ended, or while a handler computed for longer than ack_wait (0.4 s) without inProgress()",
  );
});

test.skipIf(serverLacks("pauses of a consumer", "2.11.0"))(
  "a request waits because its consumer is paused, and the evidence says until when",
  async () => {
    await using w = await harnesses.next();
    const until = new Date(Date.now() + 3_600_000);
    await w.jsm.consumers.pause("REQUESTS", "responder", until);
    await w.responder();
    expect(await evidence(w, await send(w, "1"))).toMatch(
      new RegExp(
        `not yet delivered to any responder: consumer responder is paused until ${until.toISOString().slice(0, 19)}`,
      ),
    );
    await w.jsm.consumers.resume("REQUESTS", "responder");
    expect(await w.saw("replied")).toMatchObject({ request: "1" });
  },
);

test("a request waits because no consumer takes its subject, and setup is the cure only if there is none", async () => {
  await using w = await harnesses.next();
  const { config } = await w.jsm.consumers.info("REQUESTS", "responder");
  await w.jsm.consumers.delete("REQUESTS", "responder");
  await w.jsm.consumers.add("REQUESTS", {
    ...config,
    name: "teas",
    durable_name: "teas",
    filter_subject: "requests.order-tea",
  });
  const handle = await send(w, "1");
  expect(await evidence(w, handle)).toMatch(
    /^message 1 is in REQUESTS, and no consumer of REQUESTS takes its subject requests\.order-bagel \(there is teas\);/,
  );
  await w.jsm.consumers.delete("REQUESTS", "teas");
  expect(await evidence(w, handle)).toMatch(/has no consumer that responders could pull from: run `jsrr setup`;/);
});

test("a request waits behind others at a responder that is at work", async () => {
  await using w = await harnesses.next();
  const never = new Promise<string>(() => {});
  const bob = await w.responder({ concurrency: 1, prefetch: 1, handlers: { "order-bagel": () => never } });
  await send(w, "1");
  await w.saw("delivered");
  const second = await send(w, "2");
  await expect
    .poll(() => evidence(w, second), soon)
    .toMatch(/: no responder pulls; responders may be at work on 1 request, or have ended$/);
  await bob.drain({ timeoutMs: 0 });
});
