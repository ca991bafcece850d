// Several queues in one account: each has its own requests, replies, cancels and dead letters.
import { AckPolicy, jetstreamManager } from "@nats-io/jetstream";
import { afterAll, expect, test } from "vitest";
import {
  cancel,
  collect,
  collectMany,
  formatHandle,
  InvalidInputError,
  listDeadLetters,
  locate,
  NotSetUpError,
  type OwnNames,
  parseHandle,
  type QueueOptions,
  Requester,
  Responder,
  RetryLaterError,
  replayDeadLetter,
  setup,
} from "../../src/index.js";
import { startLab } from "../../src/testing/index.js";
import { soon, startHarnesses } from "../support/harness.js";
import { serverLacks } from "../support/server-version.js";

const harnesses = await startHarnesses();
afterAll(() => harnesses[Symbol.asyncDispose]());

const own: OwnNames = {
  requests: { stream: "Jobs", subjects: "press.jobs.>" },
  replies: { stream: "Results", subjects: "press.results.>", republished: "press.news.>" },
  deadLetters: { stream: "Failures", subjects: "press.failures.>" },
  cancels: { subjects: "press.stop.>" },
};

/** The default queue, one of one token, one of two tokens, and one with names of its own. */
const queues: QueueOptions[] = [{}, { queue: "print" }, { queue: "staging.print" }, { names: own }];

test("four queues in one account with the same requester, ids and handlers keep everything apart", async () => {
  await using w = await harnesses.next(false);
  for (const queue of queues) await setup(w.nc, queue);
  const responders = await Promise.all(
    queues.map((queue, n) =>
      Responder.start(w.nc, { ...queue, handlers: { poster: ({ text }) => `${text} by ${n}` } }),
    ),
  );
  const requesters = await Promise.all(queues.map((queue) => Requester.open(w.nc, { ...queue, name: "alice" })));
  const replies = await Promise.all(
    requesters.flatMap((alice, n) =>
      Array.from({ length: 20 }, (_, i) => alice.request("poster", `${n}.${i}`, { id: `id-${i}` })),
    ),
  );
  const texts = queues.flatMap((_, n) => Array.from({ length: 20 }, (_, i) => `${n}.${i} by ${n}`));
  expect(replies.map(({ text }) => text)).toEqual(texts);
  await Promise.all(responders.map((responder) => responder.drain()));
  for (const stream of ["REQUESTS", "PRINT_REQUESTS", "STAGING_PRINT_REQUESTS", "Jobs"]) {
    await expect.poll(() => w.count(stream), soon).toBe(0);
  }
  for (const stream of ["REPLIES", "PRINT_REPLIES", "STAGING_PRINT_REPLIES", "Results"]) {
    expect(await w.count(stream)).toBe(20);
  }
  await Promise.all(requesters.map((requester) => requester.close()));
});

test("collect, collectMany, locate and cancel need the handle alone, also as text", async () => {
  await using w = await harnesses.next();
  const queue = "staging.print";
  await setup(w.nc, { queue });
  const alice = await Requester.open(w.nc, { name: "alice", queue });
  const handle = await alice.send("poster", "A2");
  expect(handle).toMatchObject({ queue, stream: "STAGING_PRINT_REQUESTS", sequence: 1 });
  const again = parseHandle(formatHandle(handle));
  expect(again).toEqual(handle);
  expect(await locate(w.nc, again)).toMatchObject({ where: "queued", remaining: 1 });
  expect(await collect(w.nc, again)).toBeUndefined();
  const other = await alice.send("poster", "A3");
  expect(await cancel(w.nc, parseHandle(formatHandle(other)))).toMatchObject({ outcome: "removed" });
  expect(await collect(w.nc, other)).toMatchObject({ status: "cancelled" });
  await using _ = await Responder.start(w.nc, { queue, handlers: { poster: ({ text }) => `printed ${text}` } });
  expect(await collect(w.nc, again, { timeoutMs: 10_000 })).toMatchObject({ status: "ok", text: "printed A2" });
  const many = [];
  for await (const reply of collectMany(w.nc, again)) many.push(reply.text);
  expect(many).toEqual(["printed A2"]);
  // A requester of the default queue follows the handle to its own queue.
  const bob = await w.requester();
  expect(await bob.collect(handle)).toMatchObject({ text: "printed A2" });
  await alice.close();
});

test("a handle of another queue than the option's is refused, and nothing is cancelled", async () => {
  await using w = await harnesses.next();
  await setup(w.nc, { queue: "print" });
  const alice = await Requester.open(w.nc, { name: "alice", queue: "print" });
  const handle = await alice.send("poster");
  for (const call of [cancel, locate, collect]) {
    await expect(call(w.nc, handle, { queue: "paint" })).rejects.toThrow(InvalidInputError);
    await expect(call(w.nc, handle, { queue: "paint" })).rejects.toThrow(
      'Expected the handle of a request in PAINT_REQUESTS, got one in "PRINT_REQUESTS"',
    );
  }
  await expect(collect(w.nc, { ...handle, queue: "paint" })).rejects.toThrow("in PAINT_REQUESTS");
  expect(await w.count("PRINT_REQUESTS")).toBe(1);
  await alice.close();
});

test("a handle of a queue with names of its own needs them, and its requester has them", async () => {
  await using w = await harnesses.next(false);
  await setup(w.nc, { names: own });
  const alice = await Requester.open(w.nc, { name: "alice", names: own });
  const handle = await alice.send("poster");
  await expect(locate(w.nc, handle)).rejects.toThrow("the names of a queue that are not derived have to be given");
  expect(await locate(w.nc, handle, { names: own })).toMatchObject({ where: "queued" });
  await using _ = await Responder.start(w.nc, { names: own, handlers: { poster: "printed" } });
  expect(await alice.collect(handle, { timeoutMs: 10_000 })).toMatchObject({ text: "printed" });
  await alice.close();
});

test("the names of a queue may be inherited options", async () => {
  await using w = await harnesses.next(false);
  await setup(w.nc, { names: own });
  const options: QueueOptions = Object.create({ names: own });
  const alice = await Requester.open(w.nc, { name: "alice", names: own });
  const handle = await alice.send("poster");
  expect(await locate(w.nc, handle, options)).toMatchObject({ where: "queued" });
  expect(await cancel(w.nc, handle, options)).toMatchObject({ outcome: "removed" });
  expect(await collect(w.nc, handle, options)).toMatchObject({ status: "cancelled" });
  await alice.close();
});

test("a dead letter of a queue lies in its own stream, and its replay reaches the first handle", async () => {
  await using w = await harnesses.next();
  const queue = "print";
  await setup(w.nc, { queue, maxDeliver: 1 });
  let works = false;
  const poster = () => {
    if (!works) throw new RetryLaterError("no ink");
    return "printed";
  };
  await using _ = await Responder.start(w.nc, { queue, handlers: { poster } });
  const alice = await Requester.open(w.nc, { name: "alice", queue });
  const handle = await alice.send("poster");
  expect(await alice.collect(handle, { timeoutMs: 10_000 })).toMatchObject({ status: "dead-lettered" });
  expect(await listDeadLetters(w.nc)).toEqual([]);
  const [letter] = await listDeadLetters(w.nc, { queue });
  expect(letter).toMatchObject({ request: handle.request, subject: "print.requests.poster", reason: "no ink" });
  works = true;
  expect(await replayDeadLetter(w.nc, letter?.sequence ?? 0, { queue })).toMatchObject({ outcome: "replayed" });
  const ok = async () => (await collect(w.nc, handle))?.status;
  await expect.poll(ok, soon).toBe("ok");
  expect(await listDeadLetters(w.nc, { queue })).toEqual([]);
  await alice.close();
});

test("a queue that is not set up names the command that sets up this queue", async () => {
  await using w = await harnesses.next();
  const queue = "print";
  const advice = "run `jsrr setup --queue print` first";
  await expect(Responder.start(w.nc, { queue, handlers: {} })).rejects.toThrow(NotSetUpError);
  await expect(Responder.start(w.nc, { queue, handlers: {} })).rejects.toThrow(advice);
  await expect(listDeadLetters(w.nc, { queue })).rejects.toThrow(advice);
  const alice = await Requester.open(w.nc, { name: "alice", queue });
  await expect(alice.request("poster")).rejects.toThrow(advice);
  await alice.close();
});

test("a push consumer and a stream without parts advise the set-up of this queue", async () => {
  await using w = await harnesses.next();
  const queue = "print";
  await setup(w.nc, { queue });
  const { config } = await w.jsm.streams.info("PRINT_REPLIES");
  await w.jsm.streams.update("PRINT_REPLIES", { ...config, subjects: ["print.replies.*.*"] });
  const handlers = {
    poster: async function* () {
      yield "A2";
      return "printed";
    },
  };
  const responder = await Responder.start(w.nc, { queue, handlers, observe: w.observe });
  const alice = await Requester.open(w.nc, { name: "alice", queue });
  await alice.send("poster");
  await w.saw("not-stored");
  await responder.drain();
  expect((await w.saw("returned")).reason).toContain("`jsrr setup --queue print --update`");
  await alice.close();
  await w.jsm.consumers.delete("PRINT_REQUESTS", "responder");
  const push = { durable_name: "responder", ack_policy: AckPolicy.Explicit, deliver_subject: "push" };
  await w.jsm.consumers.add("PRINT_REQUESTS", push);
  await expect(Responder.start(w.nc, { queue, handlers })).rejects.toThrow("run `jsrr setup --queue print`.");
});

test.skipIf(serverLacks("message schedules", "2.12.0"))(
  "a queue without schedules advises the set-up of this queue",
  async () => {
    await using w = await harnesses.next();
    const queue = "print";
    const alice = await Requester.open(w.nc, { name: "alice", queue });
    const later = { delayMs: 60_000 };
    await expect(alice.send("poster", "", later)).rejects.toThrow("run `jsrr setup --queue print` first");
    await setup(w.nc, { queue });
    await expect(alice.send("poster", "", later)).rejects.toThrow(
      "run `jsrr setup --queue print --schedules --update`",
    );
    await alice.close();
  },
);

test("a queue whose stream belongs to something else is one error, and nothing is made", async () => {
  await using w = await harnesses.next(false);
  const jsm = await jetstreamManager(w.nc);
  await jsm.streams.add({ name: "PRINT_REPLIES", subjects: ["archive.>"] });
  await expect(setup(w.nc, { queue: "print" })).rejects.toThrow(/PRINT_REPLIES[\s\S]*subjects/);
  const names = [];
  for await (const name of jsm.streams.names()) names.push(name);
  expect(names).toEqual(["PRINT_REPLIES"]);
  // One queue's own names on the subjects of another queue.
  await setup(w.nc, { queue: "paint" });
  const within: OwnNames = { requests: { stream: "OTHER", subjects: "paint.requests.>" } };
  await expect(setup(w.nc, { queue: "varnish", names: within })).rejects.toThrow(/PAINT_REQUESTS/);
});

test("a lab of a queue has its streams, requesters, responders and counts", async () => {
  await using lab = await startLab({ queue: "print" });
  expect(lab.requestStream).toBe("PRINT_REQUESTS");
  const alice = await lab.requester();
  const handle = await alice.send("poster", "A2");
  expect(await lab.remaining()).toBe(1);
  expect(await lab.stream("PRINT_REQUESTS").messages()).toMatchObject([{ subject: "print.requests.poster" }]);
  await lab.responder({ poster: ({ text }) => `printed ${text}` });
  expect(await lab.collect(handle, { timeoutMs: 10_000 })).toMatchObject({ text: "printed A2" });
  await expect(startLab({ queue: "Print" })).rejects.toThrow(InvalidInputError);
});
