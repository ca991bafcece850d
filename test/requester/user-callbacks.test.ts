// Callbacks of the user that throw or reject: none ends the process, and none turns a stored request into an error.
import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Handle, observeConnection, type Reply, Requester, RequestTimeoutError } from "../../src/index.js";
import { asError, guardedCallback } from "../internal/common.js";
import { gate, type Harnesses, soon, startHarnesses } from "../support/harness.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

const full = new Error("the disk is full");
const failing = {
  throws: () => {
    throw full;
  },
  rejects: async () => {
    throw full;
  },
};
const ways = ["throws", "rejects"] as const;

test.each(ways)("an observer that %s at `requested` ends its requester, with its own error", async (way) => {
  await using w = await harnesses.next();
  const observe = ({ type }: { type: string }) => (type === "requested" ? failing[way]() : undefined);
  await using alice = await Requester.open(w.nc, { name: "alice", observe });
  expect(await alice.request("order-bagel").catch((error) => error)).toBe(full);
  expect(await alice.send("order-bagel").catch((error) => error)).toBe(full);
  expect(w.nc.isClosed()).toBe(false);
});

test.each(ways)("`send` resolves with the handle of its stored request if the observer %s at `stored`", async (way) => {
  await using w = await harnesses.next();
  const observe = ({ type }: { type: string }) => (type === "stored" ? failing[way]() : undefined);
  await using alice = await Requester.open(w.nc, { name: "alice", observe, sendOnly: true });
  expect(await alice.send("order-bagel", "", { id: "lunch" })).toMatchObject({ request: "lunch", sequence: 1 });
  await expect.poll(() => alice.send("order-bagel").catch((error) => error), soon).toBe(full);
  await expect(alice.send("order-bagel")).rejects.toBe(full);
});

test("an observer that throws at each event ends thousands of pending requests without a deep recursion", async () => {
  await using w = await harnesses.next();
  const held = gate();
  let broken = false;
  const observe = () => {
    if (broken) throw full;
  };
  await using alice = await Requester.open(w.nc, { name: "alice", observe });
  await w.responder({ handlers: { "order-bagel": () => held.opened.then(() => "🥯") } });
  const calls = Array.from({ length: 20_000 }, () => alice.request("order-bagel").catch((error: Error) => error));
  broken = true;
  expect(await alice.request("order-bagel").catch((error) => error)).toBe(full);
  expect(new Set(await Promise.all(calls))).toEqual(new Set([full]));
  held.open();
});

test.each(ways)("`onLateReply` that %s emits a process warning, and the requester goes on", async (way) => {
  await using w = await harnesses.next();
  const held = gate();
  await w.responder({ handlers: { slow: () => held.opened.then(() => "🐌"), "order-bagel": () => "🥯" } });
  const onLateReply: (reply: Reply, handle: Handle) => unknown = failing[way];
  await using alice = await Requester.open(w.nc, { name: "alice", onLateReply, observe: w.observe });
  await expect(alice.request("slow", "", { timeoutMs: 100 })).rejects.toThrow(RequestTimeoutError);
  const warning = once(process, "warning");
  held.open();
  expect((await warning)[0]).toMatchObject({ name: "UserCallbackWarning", message: "onLateReply: the disk is full" });
  expect((await alice.request("order-bagel")).text).toBe("🥯");
});

test.each(ways)("an observer of the connection that %s emits a warning at each event", async (way) => {
  await using w = await harnesses.next();
  const nc = await w.connect({ reconnectTimeWait: 20, reconnectJitter: 0 });
  const seen: string[] = [];
  const stop = observeConnection(nc, ({ type }): unknown => {
    seen.push(type);
    return failing[way]();
  });
  const warning = once(process, "warning");
  await nc.reconnect();
  expect((await warning)[0]).toMatchObject({ message: "observeConnection: the disk is full" });
  await expect.poll(() => seen, soon).toEqual(["disconnected", "reconnected"]);
  stop();
});

const unreadable = new Error("unreadable");
Object.defineProperty(unreadable, "message", { get: () => failing.throws() });
const thrown: [string, unknown, string][] = [
  ["null", null, "null"],
  ["undefined", undefined, "undefined"],
  ["a text", "no bagels", "no bagels"],
  ["a symbol", Symbol("tea"), "Symbol(tea)"],
  ["an object without a prototype", Object.create(null), "a value was thrown that cannot be read"],
  ["an error whose message cannot be read", unreadable, "a value was thrown that cannot be read"],
  [
    "a Proxy",
    new Proxy(new Error("x"), { get: failing.throws, getPrototypeOf: failing.throws }),
    "a value was thrown that cannot be read",
  ],
];

test.each(thrown)("%s that user code throws becomes an Error that can be read", (_, value, message) => {
  expect(asError(value)).toBeInstanceOf(Error);
  expect(asError(value).message).toBe(message);
});

test.each(thrown)("a guarded callback passes on %s, thrown or as a rejection", async (_, value, message) => {
  const errors: string[] = [];
  const onError = (error: Error) => void errors.push(error.message);
  guardedCallback(() => {
    throw value;
  }, onError)();
  guardedCallback(() => Promise.reject(value), onError)();
  await expect.poll(() => errors, soon).toEqual([message, message]);
});
