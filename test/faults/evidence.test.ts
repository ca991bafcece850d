// What proves a fault and what does not, over small histories.
import { expect, test } from "vitest";
import {
  advisory,
  brokenConnection,
  failedRequest,
  heldUntilHealed,
  type InjectionWindow,
  noMajority,
  redelivery,
  refusedMeanwhile,
  slowed,
  standsStill,
} from "../internal/faults.js";
import type { EventBody, HistoryEvent } from "../internal/history.js";

/** A fault from 1000 ms to 2000 ms; the events at their milliseconds. */
function window(...events: [ms: number, actor: string, event: object][]): InjectionWindow {
  const history = events.map(
    ([ms, actor, event], n) => ({ n, t: ms * 1000, actor, ...(event as EventBody) }) as HistoryEvent,
  );
  return { history, injectedAt: 1_000_000, healedAt: 2_000_000 };
}

const request = (type: string, id = "r1", more = {}) => ({ type, request: id, ...more });
const trip = (from: number, to: number, id: string, actor = "alice"): [number, string, object][] => [
  [from, actor, request("requested", id)],
  [to, actor, request("stored", id)],
];

test("a connection that breaks during the fault is its effect, and not one before, after or on another link", () => {
  const lost = { type: "disconnected", server: "x" };
  expect(brokenConnection()(window([1500, "bob", lost]))).toBe("bob was disconnected");
  expect(brokenConnection()(window([900, "bob", lost], [2100, "bob", lost]))).toBeUndefined();
  expect(brokenConnection(["alice", "server"])(window([1500, "bob", lost]))).toBeUndefined();
});

test("a redelivery counts where the request was out before the fault was healed", () => {
  const out = (delivery: number) => request("delivered", "r1", { delivery });
  expect(redelivery(window([500, "bob", out(1)], [2500, "carol", out(2)]))).toMatch("delivery 2");
  expect(redelivery(window([2100, "bob", out(1)], [2500, "carol", out(2)]))).toBeUndefined();
  expect(redelivery(window([500, "bob", out(1)], [60_000, "carol", out(2)]))).toBeUndefined();
});

test("a failure counts where the request was made before the fault was healed", () => {
  const failed = request("request-failed", "r1", { error: "timeout" });
  const late = window([1500, "alice", request("requested")], [2500, "alice", failed]);
  expect(failedRequest(late)).toBe("a request failed: timeout");
  expect(refusedMeanwhile(late)).toBeUndefined();
  expect(failedRequest(window([2100, "alice", request("requested")], [2500, "alice", failed]))).toBeUndefined();
  const meanwhile = window([1500, "alice", request("requested")], [1900, "alice", request("timed-out")]);
  expect(noMajority(meanwhile)).toBe("a request timed-out");
});

test("elections and missing majorities count, other advisories do not", () => {
  const told = (kind: string) => ({ type: "advisory", kind, stream: "REQUESTS" });
  expect(advisory(window([1500, "lab", told("quorum-lost")]))).toBe("the servers reported quorum-lost for REQUESTS");
  expect(advisory(window([1500, "lab", told("max-deliver")]))).toBeUndefined();
  expect(advisory(window([2500, "lab", told("leader-elected")]))).toBeUndefined();
});

test("a delay is an effect if it is on every round trip, and on none before", () => {
  const by100 = slowed(["alice", "server"], 100);
  expect(by100(window(...trip(1100, 1250, "a")))).toBe("each round trip of alice took 150 ms at the least");
  expect(by100(window(...trip(100, 110, "0"), ...trip(1100, 1250, "a")))).toMatch("10 ms at the most before");
  // A busy machine: slow before as well, or slow once only.
  expect(by100(window(...trip(100, 240, "0"), ...trip(1100, 1250, "a")))).toBeUndefined();
  expect(by100(window(...trip(1100, 1250, "a"), ...trip(1300, 1303, "b")))).toBeUndefined();
  expect(by100(window(...trip(1100, 1250, "a", "carol")))).toBeUndefined();
  expect(by100(window())).toBeUndefined();
});

test("a delay too short to be noticed needs a comparison", () => {
  const by2 = slowed(["alice", "server"], 2);
  expect(by2(window(...trip(1100, 1106, "a")))).toBeUndefined();
  expect(by2(window(...trip(100, 101, "0"), ...trip(1100, 1106, "a")))).toMatch("6 ms");
  expect(by2(window(...trip(100, 105, "0"), ...trip(1100, 1105, "a")))).toBeUndefined();
});

test("a pause of a responder that records no effect shows between its delivery and its reply", () => {
  const answer = (from: number, to: number): [number, string, object][] => [
    [from, "bob", request("delivered", "r1", { delivery: 1 })],
    [to, "bob", request("replied", "r1", { status: "ok" })],
  ];
  expect(heldUntilHealed(window(...answer(1200, 2005)))).toBe(
    "a request stood still for 800 ms on its way from delivered to replied, until it was healed",
  );
  expect(heldUntilHealed(window(...answer(1200, 1900)))).toBeUndefined();
});

test("a pause is an effect if nothing passes until it is healed", () => {
  expect(heldUntilHealed(window(...trip(1200, 2005, "a")))).toBe(
    "a request stood still for 800 ms on its way from requested to stored, until it was healed",
  );
  expect(heldUntilHealed(window(...trip(1950, 2300, "a")))).toBeUndefined(); // slow, and hardly in it
  expect(heldUntilHealed(window(...trip(1200, 1210, "a"), ...trip(1300, 2005, "b")))).toBeUndefined();
  expect(standsStill()(window(...trip(1200, 1900, "a")))).toBeUndefined(); // slow, and not until it was healed
});

test("a frozen requester misses the schedule of its load", () => {
  const load = (ratePerSecond: number): [number, string, object] => [
    0,
    "alice",
    { type: "load-started", as: "jobs", count: 3, ratePerSecond },
  ];
  const job = (ms: number, id: string): [number, string, object] => [
    ms,
    "alice",
    request("requested", id, { as: "jobs" }),
  ];
  const frozen = [load(2), job(0, "a"), job(500, "b"), job(2001, "c")] as const; // c is due at 1000
  expect(standsStill(["alice"])(window(...frozen))).toBe(
    "a request of alice was due 1000 ms before it was healed, and sent afterwards",
  );
  expect(standsStill(["bob"])(window(...frozen))).toBeUndefined();
  // Alone slow: it did something else meanwhile.
  expect(
    standsStill(["alice"])(window(...frozen.slice(0, 3), [1500, "alice", request("stored", "b")], frozen[3])),
  ).toBeUndefined();
  expect(standsStill(["alice"])(window(load(1), job(0, "a"), job(1001, "b"), job(2001, "c")))).toBeUndefined();
});

test("a request that goes on when a partition is healed is its effect", () => {
  expect(noMajority(window(...trip(1200, 2005, "a")))).toMatch("stood still for 800 ms");
});

test("a reply that is received at the healing is an effect, also where its PubAck was lost", () => {
  const reply: [number, string, object][] = [
    [1100, "bob", request("executed")],
    [2005, "alice", request("received")],
  ];
  expect(heldUntilHealed(window(...reply))).toMatch("on its way from executed to received");
});
