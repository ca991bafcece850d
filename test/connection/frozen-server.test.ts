// A server that is frozen (SIGSTOP): each public call ends in its time, with an error of the kit.

import { setTimeout as wait } from "node:timers/promises";
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
import { gate, soon } from "../support/harness.js";
import { startTestServer } from "../support/server.js";
import { serverLacks } from "../support/server-version.js";

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

test("each public call with a time-out on a frozen server ends within 2.5 s after it", async () => {
  await using frozen = await startTestServer();
  const nc = await frozen.connect();
  const forLater = !serverLacks("requests for later", "2.12.0");
  await setup(nc, { schedules: forLater });
  const alice = await Requester.open(nc, { name: "alice" });
  const carol = await Requester.open(nc, { name: "carol" }); // its first `requestMany` opens a subscription
  const inbox = await Requester.open(nc, { name: "alice", reply: "inbox" });
  const held = gate();
  const responders = await Promise.all(
    ["bob", "dave"].map((name) => Responder.start(nc, { name, handlers: { "order-bagel": () => held.opened } })),
  );
  const handle = await alice.send("order-bagel");
  const other = { ...handle, request: "another", sequence: 0 };
  await expect.poll(async () => (await locate(nc, handle)).where, soon).toBe("running");
  const stored = alice.request("order-soup", "", { timeoutMs: 2_000, onTimeout: "cancel" });
  await stored.stored;
  await frozen.pause();
  const ended: string[] = [];
  /** 2.5 s after the time-out, in steps as the call has them: a busy process delays both alike. */
  const limitOf = async (timeoutMs: number) => {
    for (const ms of [100, timeoutMs, 500, 1_900]) await wait(ms);
    return "too late";
  };
  const inTime = async (name: string, timeoutMs: number, call: Promise<unknown>) => {
    expect([name, await Promise.race([outcome(call), limitOf(timeoutMs)])]).not.toEqual([name, "too late"]);
    ended.push(name);
  };
  const calls: Record<string, (timeoutMs: number) => Promise<unknown>> = {
    request: (timeoutMs) => alice.request("order-bagel", "", { timeoutMs }),
    "request, cancel": (timeoutMs) => alice.request("order-bagel", "", { timeoutMs, onTimeout: "cancel" }),
    "request, inbox": async (timeoutMs) => inbox.request("order-bagel", "", { timeoutMs }),
    requestMany: (timeoutMs) => all(alice.requestMany("order-bagel", "", { timeoutMs })),
    "requestMany of another": (timeoutMs) => all(carol.requestMany("order-bagel", "", { timeoutMs })),
    "requestMany, stall": (timeoutMs) => all(alice.requestMany("order-bagel", "", { timeoutMs, stallMs: 100 })),
    "requestMany, cancel": (timeoutMs) => all(alice.requestMany("order-bagel", "", { timeoutMs, onTimeout: "cancel" })),
    send: (timeoutMs) => alice.send("order-bagel", "", { timeoutMs }),
    collect: (timeoutMs) => collect(nc, other, { timeoutMs }),
    collectMany: (timeoutMs) => all(collectMany(nc, other, { timeoutMs })),
    "collectMany, stall": (timeoutMs) => all(collectMany(nc, other, { timeoutMs, stallMs: 100 })),
  };
  if (forLater) calls["send, for later"] = (timeoutMs) => alice.send("order-bagel", "", { timeoutMs, delayMs: 60_000 });
  const all20 = (timeoutMs: number) =>
    Promise.all(Array.from({ length: 20 }, () => outcome(alice.request("order-flatbread", "", { timeoutMs }))));
  const [bob, dave] = responders as [Responder, Responder];
  await Promise.all([
    inTime("request, stored", 2_000, stored),
    inTime("drain", 300, bob.drain({ timeoutMs: 300 })),
    inTime("drain, 1.7 s", 1_700, dave.drain({ timeoutMs: 1_700 })),
    ...[300, 1_300].map((ms) => inTime(`20 requests, ${ms} ms`, ms, all20(ms))),
    ...Object.entries(calls).flatMap(([name, call]) =>
      [300, 1_700].map((timeoutMs) => inTime(`${name}, ${timeoutMs} ms`, timeoutMs, call(timeoutMs))),
    ),
  ]);
  expect(ended).toHaveLength(2 * Object.keys(calls).length + 5);
  held.open();
  frozen.resume();
}, 60_000);

test("`requestMany` on a frozen server ends at its time-out as `request` does, and not after a wait of its own", async () => {
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
});

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
