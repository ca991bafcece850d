// A replay while the responder that made the dead letter has not told its requester yet: it learns late that its copy is stored.
// And a reply that is stored elsewhere than in a mailbox.
import { afterAll, beforeAll, expect, test } from "vitest";
import { collect, Responder, RetryLaterError, replayDeadLetter } from "../../src/index.js";
import { gate, type Harness, type Harnesses, soon, startHarnesses } from "../support/harness.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

const cold = () => {
  throw new RetryLaterError("the stove is cold");
};
const counts = async (w: Harness) =>
  Promise.all((["DEAD_LETTERS", "REPLIES", "REQUESTS"] as const).map((stream) => w.count(stream)));

/** A responder that gets the PubAck of its dead letter only when the gate opens, as one on a slow link, or a paused one, does. */
async function slowResponder(w: Harness) {
  const nc = await w.connect();
  const [copied, learns] = [gate(), gate()];
  const { request } = nc;
  nc.request = async (subject, ...rest) => {
    const answer = await request.call(nc, subject, ...rest);
    if (!subject.startsWith("dead-letters.")) return answer;
    copied.open();
    await learns.opened;
    return answer;
  };
  const responder = await Responder.start(nc, {
    ...{ name: "bob", handlers: { "order-stew": cold }, observe: w.observe },
  });
  return { copied: copied.opened, learns, responder };
}

test("a dead letter that is replayed before its requester was informed yields only the reply to the replay", async () => {
  await using w = await harnesses.next({ maxDeliver: 1 });
  const bob = await slowResponder(w);
  const alice = await w.requester({ timeoutMs: 20_000 });
  const call = alice.request("order-stew", "", { id: "lunch" });
  await bob.copied;
  const drained = bob.responder.drain(); // it takes no more, and has this one in hand
  expect(await replayDeadLetter(w.nc, 1)).toMatchObject({ outcome: "replayed" });
  bob.learns.open();
  await drained;
  await w.responder({ name: "carol", handlers: { "order-stew": () => "🍲" } });
  expect(await call).toMatchObject({ status: "ok", text: "🍲" });
  await expect.poll(() => counts(w), soon).toEqual([0, 1, 0]);
});

test("a replay waits for the dead-lettered reply that is being stored, and deletes it", async () => {
  await using w = await harnesses.next({ maxDeliver: 1 });
  const bob = await slowResponder(w);
  const call = (await w.requester({ timeoutMs: 20_000 })).request("order-stew", "", { id: "lunch" });
  await bob.copied;
  const drained = bob.responder.drain();
  const nc = await w.connect();
  const { request } = nc;
  nc.request = async (subject, ...rest) => {
    const answer = await request.call(nc, subject, ...rest);
    if (subject.endsWith("MSG.GET.REPLIES")) bob.learns.open(); // it has looked, and found nothing
    return answer;
  };
  expect(await replayDeadLetter(nc, 1)).toMatchObject({ outcome: "replayed" });
  await drained;
  expect(await call).toMatchObject({ status: "dead-lettered" });
  const carol = await w.responder({ name: "carol", handlers: { "order-stew": () => "🍲" } });
  await w.saw("acked");
  await carol.drain();
  const handle = { requester: "alice", request: "lunch", stream: "REQUESTS", sequence: 1 };
  expect(await collect(w.nc, handle)).toMatchObject({ status: "ok", text: "🍲" });
});

test("two simultaneous replays send the request once, and neither fails", async () => {
  await using w = await harnesses.next({ maxDeliver: 1 });
  const bob = await w.responder({ handlers: { "order-stew": cold } });
  await (await w.requester({ timeoutMs: 20_000 })).request("order-stew", "", { id: "lunch" });
  await bob.drain();
  const [one, two] = await Promise.all([replayDeadLetter(w.nc, 1), replayDeadLetter(w.nc, 1)]);
  expect(one).toMatchObject({ outcome: "replayed", sequence: 2 });
  expect(two).toEqual(one);
  expect(await counts(w)).toEqual([0, 0, 1]);
});

test("a reply that may not be deleted stays, and so does the dead letter", async () => {
  await using w = await harnesses.next({ maxDeliver: 1 });
  await w.jsm.streams.update("REPLIES", { deny_delete: true });
  const bob = await w.responder({ handlers: { "order-stew": cold } });
  await (await w.requester({ timeoutMs: 20_000 })).request("order-stew", "", { id: "lunch" });
  await bob.drain();
  await expect(replayDeadLetter(w.nc, 1)).rejects.toThrow(/delete not permitted/);
  expect(await counts(w)).toEqual([1, 1, 0]);
});

test("a replay deletes a dead-lettered reply in the key-value bucket", async () => {
  await using w = await harnesses.next({ maxDeliver: 1, strategies: ["kv"] });
  const bob = await w.responder({ handlers: { "order-stew": cold } });
  const alice = await w.requester({ reply: "kv", timeoutMs: 20_000 });
  expect((await alice.request("order-stew", "", { id: "lunch" })).status).toBe("dead-lettered");
  await bob.drain();
  expect(await replayDeadLetter(w.nc, 1)).toMatchObject({ outcome: "replayed" });
  const carol = await w.responder({ name: "carol", handlers: { "order-stew": () => "🍲" } });
  await w.saw("acked");
  await carol.drain();
  const handle = { requester: "alice", request: "lunch", stream: "REQUESTS", sequence: 1, store: "kv" } as const;
  expect(await collect(w.nc, handle)).toMatchObject({ status: "ok", text: "🍲" });
});
