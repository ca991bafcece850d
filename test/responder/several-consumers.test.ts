// Several consumers of one queue, end to end: what has its own consumer does not wait for the rest.
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  InvalidInputError,
  listDeadLetters,
  locate,
  NotSetUpError,
  type Requester,
  Responder,
  RetryLaterError,
  setup,
} from "../../src/index.js";
import { gate, type Harnesses, soon, startHarnesses } from "../support/harness.js";
import { rejection } from "../support/rejection.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

const lanes = { interactive: { subjects: ["now.>"] }, batch: { subjects: ["later.>"], ackWaitMs: 60_000 } };

test("an interactive request overtakes 200 batch requests", async () => {
  await using w = await harnesses.next({ consumers: lanes });
  const alice = await w.requester({ timeoutMs: 60_000 });
  await Promise.all(Array.from({ length: 200 }, (_, n) => alice.send(`later.report-${n}`)));
  const [begun, open] = [gate(), gate()];
  const slow = async () => {
    begun.open();
    await open.opened;
    return "report";
  };
  await w.responder({ name: "batch", consumer: "batch", concurrency: 2, handlers: { "later.*": slow } });
  await begun.opened; // both places of the batch responder are taken
  await w.responder({ name: "now", consumer: "interactive", handlers: { "now.*": "quote" } });
  expect(await alice.request("now.quote-7")).toMatchObject({ status: "ok", text: "quote" });
  expect(w.of("executed")).toHaveLength(1);
  open.open();
  await w.saw("executed", () => w.of("executed").length === 201);
});

test("requests of one consumer that wait for a retry do not use up the room of another", async () => {
  await using w = await harnesses.next({ consumers: lanes, maxAckPending: 3 });
  const down = () => {
    throw new RetryLaterError("the other system is down", { delayMs: 3_600_000 });
  };
  await w.responder({ name: "batch", consumer: "batch", handlers: { ">": down } });
  await w.responder({ name: "now", consumer: "interactive", handlers: { ">": "now" } });
  const alice = await w.requester({ timeoutMs: 60_000 });
  for (const id of ["1", "2", "3", "4"]) await alice.send("later.report", "", { id });
  await w.saw("returned", () => w.of("returned").length === 3);
  expect(await alice.request("now.quote")).toMatchObject({ text: "now" });
});

test("status and cancel ask the consumer that takes the request", async () => {
  await using w = await harnesses.next({ consumers: lanes });
  const alice = await w.requester();
  const early = await alice.send("now.a");
  const batch = [await alice.send("later.b"), await alice.send("later.c")];
  await w.responder({ consumer: "batch", handlers: { ">": "batch" } });
  for (const handle of batch)
    expect(await alice.collect(handle, { timeoutMs: 30_000 })).toMatchObject({ text: "batch" });
  // The consumer batch is past its sequence, and has never had it.
  expect(await locate(w.nc, early)).toMatchObject({
    where: "queued",
    evidence:
      "message 1 is in REQUESTS, not yet delivered to any responder: no responder pulls from consumer interactive",
  });
  expect(await alice.cancel(early)).toMatchObject({ outcome: "removed" });
  expect(await alice.collect(early)).toMatchObject({ status: "cancelled" });
});

test("each consumer has its own limit of attempts, and a dead letter names its consumer", async () => {
  const limited = { interactive: { ...lanes.interactive, maxDeliver: 2 }, batch: { ...lanes.batch, maxDeliver: 4 } };
  await using w = await harnesses.next({ consumers: limited });
  const fails = {
    ">": () => {
      throw new RetryLaterError("cold");
    },
  };
  for (const consumer of ["interactive", "batch"])
    await w.responder({ consumer, handlers: fails, retry: { firstMs: 1 } });
  const alice = await w.requester({ timeoutMs: 60_000 });
  expect(await alice.request("now.a")).toMatchObject({ status: "dead-lettered" });
  expect(await alice.request("later.eu.b")).toMatchObject({ status: "dead-lettered" });
  const letters = (await listDeadLetters(w.nc)).map(({ subject, deliveries, consumer }) => ({
    subject,
    deliveries,
    consumer,
  }));
  expect(letters).toEqual([
    { subject: "requests.now.a", deliveries: 2, consumer: "interactive" },
    { subject: "requests.later.eu.b", deliveries: 4, consumer: "batch" },
  ]);
});

test("the rescue ends what is stuck at its own consumer alone", async () => {
  await using w = await harnesses.next({ consumers: lanes });
  for (const consumer of ["interactive", "batch"])
    await w.jsm.consumers.update("REQUESTS", consumer, { max_deliver: 2 });
  const alice = await w.requester();
  const [stuck, waiting] = [await alice.send("later.a"), await alice.send("now.b")];
  const pull = async () => {
    const next = "$JS.API.CONSUMER.MSG.NEXT.REQUESTS.batch";
    const msg = await w.nc.request(next, JSON.stringify({ batch: 1, expires: 50e6 }), { timeout: 5_000, noMux: true });
    if (!msg.headers?.code) msg.respond("-NAK");
    return (await locate(w.nc, stuck)).where;
  };
  await expect.poll(pull, soon).toBe("stuck");
  await w.responder({ consumer: "batch", handlers: {} });
  expect(await alice.collect(stuck, { timeoutMs: 30_000 })).toMatchObject({ status: "dead-lettered" });
  expect(await locate(w.nc, waiting)).toMatchObject({ where: "queued" });
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(1);
});

test("a request that no consumer takes fails before it is sent, with what they take", async () => {
  await using w = await harnesses.next({ consumers: lanes });
  const sent: string[] = [];
  w.nc.subscribe("requests.>", { callback: (_, { subject }) => void sent.push(subject) });
  const alice = await w.requester();
  const carol = await w.requester({ name: "carol", maxOutstanding: 1 });
  const many = (requester: Requester) => requester.requestMany("soon.a").next();
  for (const requester of [alice, carol]) {
    for (const call of [requester.request("soon.a"), requester.send("soon.a"), many(requester)]) {
      const error = await rejection(call);
      expect(error).toMatchObject({ code: "not-set-up" });
      expect(error.message).toBe(
        "No stream takes requests.soon.a: REQUESTS takes requests.now.>, requests.later.> only; nothing was stored.",
      );
    }
  }
  await expect(alice.request("soon a")).rejects.toThrow(InvalidInputError);
  await alice.send("now.a");
  await w.nc.flush();
  expect(sent).toEqual(["requests.now.a"]);
  expect(w.of("requested")).toHaveLength(1);
  expect(await w.count("REQUESTS")).toBe(1);
});

test("a requester that is open sends on a subject that an update of the setup has added", async () => {
  await using w = await harnesses.next({ consumers: lanes });
  const alice = await w.requester();
  await expect(alice.request("soon.a")).rejects.toThrow(NotSetUpError);
  await setup(w.nc, { consumers: { ...lanes, soon: { subjects: ["soon.>"] } }, update: true });
  await w.responder({ consumer: "soon", handlers: { "soon.*": "soon" } });
  expect(await alice.request("soon.a")).toMatchObject({ text: "soon" });
});

test("a signal ends a request while the stream is asked whether it takes the subject", async () => {
  await using w = await harnesses.next({ consumers: lanes });
  const alice = await w.requester();
  const controller = new AbortController();
  const { publish } = w.nc;
  w.nc.publish = (subject, ...rest) => {
    if (subject.startsWith("$JS.API.STREAM.INFO")) controller.abort(new Error("changed my mind"));
    else publish.call(w.nc, subject, ...rest);
  };
  const { signal } = controller;
  await expect(alice.request("soon.a", "", { signal })).rejects.toThrow("changed my mind");
  w.nc.publish = publish;
});

test("a request that no consumer takes any more is refused by the server, and nothing is stored", async () => {
  await using w = await harnesses.next({ consumers: lanes });
  const alice = await w.requester();
  await setup(w.nc, { consumers: { interactive: lanes.interactive }, update: true });
  const error = await rejection(alice.request("later.a"));
  expect(error).toMatchObject({ code: "not-set-up" });
  expect(error.message).toContain("REQUESTS takes requests.now.> only; nothing was stored.");
  expect(w.of("requested")).toHaveLength(1);
  expect(await w.count("REQUESTS")).toBe(0);
});

test("a responder without a name of a consumer learns which there are", async () => {
  await using w = await harnesses.next({ consumers: lanes });
  const error = await Responder.start(w.nc, { handlers: {} }).catch((thrown) => thrown);
  expect(error).toMatchObject({ code: "not-set-up" });
  expect(error.message).toMatch(/consumer responder.*REQUESTS has batch, interactive/);
});
