// A bound on the calls that wait for their reply: further ones wait for their turn, a bounded number of them.
import { afterAll, beforeAll, test } from "vitest";
import { Requester, TooManyOutstandingError } from "../../src/index.js";
import { gate, type Harnesses, soon, startHarnesses } from "../support/harness.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

test.concurrent("a requester never sends more than maxOutstanding, and sends every request in turn", async ({
  expect,
}) => {
  await using w = await harnesses.next();
  let [now, most] = [0, 0];
  const work = async () => {
    most = Math.max(most, ++now);
    await w.nc.flush();
    now--;
    return "done";
  };
  await w.responder({ handlers: { work }, concurrency: 16 });
  const alice = await w.requester({ maxOutstanding: 3, timeoutMs: 20_000 });
  const calls = Array.from({ length: 60 }, () => alice.request("work"));
  expect(alice.waiting).toBe(3);
  const replies = await Promise.all(calls);
  expect([most, replies.filter(({ text }) => text === "done").length]).toEqual([3, 60]);
});

test.concurrent("a full waiting list refuses at once, an abort makes room, and a time-out counts from the publish", async ({
  expect,
}) => {
  await using w = await harnesses.next();
  const held = gate();
  await w.responder({ handlers: { work: () => held.opened.then(() => "done") } });
  const alice = await w.requester({ maxOutstanding: 1, maxWaiting: 2, timeoutMs: 20_000 });
  const [first, , third] = [new AbortController(), 0, new AbortController()];
  const one = alice.request("work", "", { id: "one", signal: first.signal });
  const two = alice.request("work", "", { id: "two", timeoutMs: 15_000 });
  const three = alice.request("work", "", { id: "three", signal: third.signal });
  const refused = alice.request("work", "", { id: "four" });
  await expect(refused).rejects.toBeInstanceOf(TooManyOutstandingError);
  await expect(refused).rejects.toThrow(
    "1 request on the way and 2 waiting for a turn are the most; wait for some before sending more.",
  );
  third.abort(new Error("never mind"));
  await expect(three).rejects.toThrow("never mind");
  const five = alice.request("work", "", { id: "five" });
  await w.saw("delivered");
  expect(await w.count("REQUESTS")).toBe(1);
  first.abort(); // it is sent already: the call ends, and its request stays
  await expect(one).rejects.toMatchObject({ code: "aborted", handle: { request: "one" } });
  held.open();
  expect((await Promise.all([two, five])).map(({ text }) => text)).toEqual(["done", "done"]);
  expect(w.of("requested").map(({ request }) => request)).toEqual(["one", "two", "five"]);
  const waits = w.of("turn-awaited").map(({ request, waiting }) => [request, waiting]);
  expect(waits).toEqual([
    ["two", 1],
    ["three", 2],
    ["five", 2],
  ]);
  expect(w.of("turn-refused")).toMatchObject([{ request: "four", subject: "requests.work", strategy: "mailbox" }]);
  // Who awaits each call is never refused.
  for (let n = 0; n < 5; n++) await alice.request("work");
  await expect(alice.request("work", "", { signal: AbortSignal.abort("too late") })).rejects.toBe("too late");
});

test.concurrent("a time-out makes room, and close() rejects the waiting requests", async ({ expect }) => {
  await using w = await harnesses.next();
  const alice = await w.requester({ maxOutstanding: 1, timeoutMs: 20_000 });
  const one = alice.request("work", "", { timeoutMs: 50 });
  const others = [alice.request("work"), alice.request("work")].map((call) => call.catch((error) => error));
  await expect(one).rejects.toMatchObject({ code: "timed-out" });
  await expect.poll(() => w.of("stored").length, soon).toBe(2);
  await alice.close();
  expect((await Promise.all(others)).map(({ code }) => code)).toEqual(["closed", "closed"]);
  expect(await w.count("REQUESTS")).toBe(2);
});

test.concurrent("a sender has the same limits", async ({ expect }) => {
  await using w = await harnesses.next();
  await using sender = await Requester.open(w.nc, { sendOnly: true, name: "alice", maxOutstanding: 1, maxWaiting: 1 });
  const never = new AbortController();
  const one = sender.send("work");
  const two = sender.send("work", "", { signal: never.signal });
  await expect(sender.send("work")).rejects.toMatchObject({ code: "too-many-outstanding" });
  never.abort();
  await expect(two).rejects.toBe(never.signal.reason);
  await one;
  expect(await w.count("REQUESTS")).toBe(1);
  await expect(Requester.open(w.nc, { sendOnly: true, name: "a", maxWaiting: -1 })).rejects.toMatchObject({
    code: "invalid-input",
  });
  await expect(w.requester({ maxOutstanding: 0 })).rejects.toMatchObject({ code: "invalid-input" });
});
