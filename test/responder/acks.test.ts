// When acks leave: a moment after the reply and several together, at once where few may be pending, and before a rest.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Harness, type Harnesses, isAck, soon, startHarnesses } from "../support/harness.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

const handlers = { work: () => "done" };
/** Longer than any test: what is not sent for another reason is not sent. It is a twentieth of `ack_wait`. */
const held = { setup: { ackWaitMs: 1_200_000 }, responder: { handlers, ackDelayMs: 1_000, concurrency: 200 } };

/** How many acks left together, in order: what follows an `acked` event is another batch. */
function ackBatches(w: Harness): number[] {
  const batches: number[] = [];
  const publish = w.nc.publish.bind(w.nc);
  let acked = -1;
  w.nc.publish = (subject, payload, options) => {
    if (isAck(payload)) {
      if (acked !== w.of("acked").length) batches.push(0);
      acked = w.of("acked").length;
      batches.push((batches.pop() as number) + 1);
    }
    publish(subject, payload, options);
  };
  return batches;
}

async function ask(w: Harness, n: number): Promise<void> {
  const alice = await w.requester({ reply: "inbox", timeoutMs: 25_000 });
  await Promise.all(Array.from({ length: n }, () => alice.request("work")));
}

test("acks leave in batches of 64, and the rest when the responder closes", async () => {
  await using w = await harnesses.next(held.setup);
  const batches = ackBatches(w);
  const bob = await w.responder(held.responder);
  await ask(w, 70);
  expect(batches).toEqual([64]);
  expect(w.of("acked")).toHaveLength(64);
  await bob.drain();
  expect(batches).toEqual([64, 6]);
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
  expect(w.of("acked")).toHaveLength(70);
});

test("a paused responder holds no acks back", async () => {
  await using w = await harnesses.next(held.setup);
  const batches = ackBatches(w);
  const bob = await w.responder(held.responder);
  await ask(w, 3);
  await bob.pause();
  expect(batches).toEqual([3]);
});

test.each([
  ["the delay is 0", {}, { ackDelayMs: 0 }],
  ["few may be pending", { maxAckPending: 10 }, { ackDelayMs: 1_000 }],
  ["few are taken at a time", {}, { ackDelayMs: 1_000, concurrency: 2 }],
  ["ack_wait is short", { ackWaitMs: 15 }, { ackDelayMs: 1_000 }],
])("an ack leaves at once if %s", async (_, setup, options) => {
  await using w = await harnesses.next({ ackWaitMs: 1_200_000, ...setup });
  const batches = ackBatches(w);
  await w.responder({ handlers, ...options });
  await ask(w, 3);
  expect(batches).toEqual([1, 1, 1]);
});

test("a partial batch of acks leaves after some milliseconds", async () => {
  await using w = await harnesses.next();
  await w.responder({ handlers });
  await ask(w, 1);
  await w.saw("acked");
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
});

test("an invalid ack delay is refused", async () => {
  await using w = await harnesses.next();
  await expect(w.responder({ ackDelayMs: -1 })).rejects.toThrow(
    "Expected ackDelayMs to be 0 to 1000 milliseconds, got -1.",
  );
});
