// A server that is frozen (SIGSTOP): each public call ends in its time, with an error of the kit.
import { afterAll, expect, test } from "vitest";
import {
  cancel,
  collect,
  collectMany,
  listDeadLetters,
  locate,
  openConnection,
  Requester,
  Responder,
  replayDeadLetter,
  setup,
} from "../../src/index.js";
import { orderHandlers } from "../internal/runner.js";
import { startTestServer } from "../support/server.js";
import { serverLacks } from "../support/server-version.js";

// Without it the kit asks the leader after each direct get that had no answer: a look for missed parts takes twice as long.
const lacksNoStream = serverLacks("status 503 for a direct get that no stream takes", "2.10.26");

const server = await startTestServer();
afterAll(() => server[Symbol.asyncDispose]());

async function all(replies: AsyncIterable<unknown>): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const reply of replies) found.push(reply);
  return found;
}

/** What a call resolves with, or the code of its error. */
const outcome = (call: Promise<unknown>) =>
  call.then(
    () => "resolved",
    (error) => error.code ?? error,
  );

test("each public call on a frozen server ends by itself, with an error of the kit", async () => {
  const nc = await server.connect();
  await setup(nc);
  const alice = await Requester.open(nc, { name: "alice" });
  const bob = await Responder.start(nc, { name: "bob", handlers: orderHandlers });
  const handle = await alice.send("order-bagel");
  expect(await collect(nc, handle, { timeoutMs: 15_000 })).toMatchObject({ text: "🥯" });
  const other = { ...handle, request: "another", sequence: 0 };
  await server.pause();
  const short = { timeoutMs: 300 };
  const calls: Record<string, [Promise<unknown>, string]> = {
    setup: [setup(nc), "no-answer"],
    "Requester.open": [Requester.open(nc, { name: "carol" }), "no-answer"],
    request: [alice.request("order-bagel", "", short), "timed-out"],
    "request, cancel": [alice.request("order-bagel", "", { ...short, onTimeout: "cancel" }), "timed-out"],
    requestMany: [all(alice.requestMany("order-bagel", "", short)), "timed-out"],
    "requestMany, stall": [all(alice.requestMany("order-bagel", "", { ...short, stallMs: 100 })), "timed-out"],
    send: [alice.send("order-bagel"), "no-answer"],
    "send, with a time-out": [alice.send("order-bagel", "", short), "no-answer"],
    collect: [collect(nc, other), "no-answer"],
    "collect, with a time-out": [collect(nc, other, short), "no-answer"],
    collectMany: [all(collectMany(nc, other)), "no-answer"],
    "collectMany, with a time-out": [all(collectMany(nc, other, short)), "no-answer"],
    cancel: [cancel(nc, handle), "no-answer"],
    locate: [locate(nc, handle), "no-answer"],
    listDeadLetters: [listDeadLetters(nc), "no-answer"],
    replayDeadLetter: [replayDeadLetter(nc, 1), "no-answer"],
    "Responder.start": [Responder.start(nc, { handlers: orderHandlers }), "no-answer"],
    openConnection: [openConnection({ servers: server.url, timeoutMs: 300 }), "server-unreachable"],
  };
  const ended = Object.entries(calls).map(async ([name, [call]]) => [name, await outcome(call)]);
  const expected = Object.entries(calls).map(([name, [, code]]) => [name, code]);
  expect(await Promise.all(ended)).toEqual(expected);
  const ends = [bob.pause(), bob.drain({ timeoutMs: 100 }), alice.close()].map(outcome);
  expect(await Promise.all(ends)).toEqual(["resolved", "resolved", "resolved"]);
  server.resume();
});

test.skipIf(lacksNoStream)(
  "`requestMany` on a frozen server ends at its time-out as `request` does, and not after a wait of its own",
  async () => {
    await using frozen = await startTestServer();
    const nc = await frozen.connect();
    await setup(nc);
    const alice = await Requester.open(nc, { name: "alice" });
    await frozen.pause();
    const ended: string[] = [];
    const end = (name: string, call: Promise<unknown>) => call.catch(() => ended.push(name));
    await Promise.all([
      end("requestMany, 0.3 s", all(alice.requestMany("order-bagel", "", { timeoutMs: 300 }))),
      end("request, 2 s", alice.request("order-bagel", "", { timeoutMs: 2_000 })),
    ]);
    expect(ended).toEqual(["requestMany, 0.3 s", "request, 2 s"]);
    frozen.resume();
  },
);

test("`close` on a frozen server rejects a send that is under way", async () => {
  const nc = await server.connect();
  await setup(nc);
  const alice = await Requester.open(nc, { name: "alice", sendOnly: true });
  await server.pause();
  const sent = outcome(alice.send("order-bagel", "", { timeoutMs: 3_600_000 }));
  expect(await outcome(alice.close())).toBe("resolved");
  expect(await sent).toBe("closed");
  server.resume();
});

test("`Requester.open` waits for a connection that is down, and opens after the reconnect", async () => {
  const nc = await server.connect({ reconnectTimeWait: 20, reconnectJitter: 0, maxReconnectAttempts: -1 });
  await setup(nc);
  await server.kill();
  const opened = Requester.open(nc, { name: "alice" });
  await server.restart();
  await using alice = await opened;
  await using _bob = await Responder.start(nc, { name: "bob", handlers: orderHandlers });
  expect((await alice.request("order-bagel", "", { timeoutMs: 15_000 })).text).toBe("🥯");
});
