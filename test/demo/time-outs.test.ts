// Time-outs of a session: the copy repeats those that no race decided.
import { expect, test } from "vitest";
import { type RecordedClick, repeatableTimeouts, type TimedOut } from "../internal/demo.js";

type Seen = RecordedClick["seen"];
const at = (click: RecordedClick["click"], seen?: Seen): RecordedClick => ({ click, atMs: 0, seen });
const request = (as = "order-1", seen?: Seen) =>
  at({ kind: "request", from: "alice", as, order: "order-bagel", payload: "", count: 1 }, seen);
const start = (seen?: Seen) => at({ kind: "start", actor: "bob" }, seen);
const pause = at({ kind: "pause", actor: "bob" });
const inject = (fault: "kill-server" | "cut", seen?: Seen) => at({ kind: "inject", fault }, seen);
const heal = (fault: "kill-server" | "cut", seen?: Seen) => at({ kind: "heal", fault }, seen);

const isRepeated = (clicks: RecordedClick[], timedOut: Partial<TimedOut> = {}) =>
  repeatableTimeouts(clicks, [{ as: "order-1", stored: true, outcome: "timed-out", ...timedOut }]).has("order-1");

const shown = { "order-1": "timed-out" };

test.each<[string, boolean, RecordedClick[]]>([
  ["before a responder starts", true, [request(), start(shown)]],
  ["without a responder", true, [request()]],
  ["after a responder started", false, [request(), start(), inject("cut", shown)]],
  ["while a responder runs", false, [start(), request()]],
  ["after the only responder paused", true, [start(), pause, request()]],
  [
    "before a killed server starts again",
    true,
    [start(), inject("kill-server"), request(), heal("kill-server", shown)],
  ],
  ["after a killed server started again", false, [start(), inject("kill-server"), request(), heal("kill-server")]],
  ["while one of two faults is healed", true, [start(), inject("kill-server"), inject("cut"), request(), heal("cut")]],
])("a time-out %s is repeated: %s", (_, expected, clicks) => {
  expect(isRepeated(clicks)).toBe(expected);
});

const ok = { "order-1": "ok 🥯" };

test("a request without an early PubAck that is answered later does not time out in the copy", () => {
  const clicks = [request(), start(shown)];
  expect(isRepeated(clicks, { outcome: "ok 🥯" })).toBe(true);
  expect(isRepeated(clicks, { outcome: "ok 🥯", stored: false })).toBe(false);
});

test("a late reply that a break of the connection may hide is not late in the copy", () => {
  const late = { outcome: "ok 🥯" };
  expect(isRepeated([request(), inject("kill-server", shown), heal("kill-server"), start()], late)).toBe(false);
  expect(isRepeated([request(), start(shown), inject("kill-server", ok), heal("kill-server")], late)).toBe(true);
});

test("one chance time-out of a load is enough", () => {
  const load = [request("load-1"), start({ "load-1": { "timed-out": 2 } })];
  const one = { as: "load-1", stored: true, outcome: "timed-out" };
  expect(repeatableTimeouts(load, [one, one])).toEqual(new Set(["load-1"]));
  expect(repeatableTimeouts(load, [one, { ...one, stored: false, outcome: "ok 🥯" }])).toEqual(new Set());
});
