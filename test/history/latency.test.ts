// Latencies, from the moment a request was meant to be sent.
import { describe, expect, test } from "vitest";
import { type EventBody, type HistoryEvent, intended, latencies, latencyOf } from "../internal/history.js";

/** `t` in milliseconds. */
const at = (ms: number, body: EventBody): HistoryEvent => ({ n: 1, t: ms * 1000, actor: "alice", ...body });
const requested = (request: string): EventBody => ({
  type: "requested",
  request,
  as: "jobs",
  subject: "requests.order-bagel",
  strategy: "mailbox",
  timeoutMs: 1000,
});
const received = (request: string): EventBody => ({
  type: "received",
  request,
  status: "ok",
  payload: "",
  late: false,
});

describe("under a load of 100 a second", () => {
  // The second request is due at 10 ms and sent at 500 ms: whoever waited for it waited since 10 ms.
  const history = [
    at(0, { type: "load-started", as: "jobs", count: 2, ratePerSecond: 100 }),
    at(0, requested("r1")),
    at(500, requested("r2")),
    at(500, received("r1")),
    at(510, received("r2")),
  ];
  test("each is measured from the moment it was due", () => {
    expect([...intended(history, "jobs").values()]).toEqual([0, 10_000]);
    const { count, p50, max } = latencyOf(history, "jobs") ?? {};
    expect(count).toBe(2);
    expect(p50).toBeCloseTo(500, -1);
    expect(max).toBeCloseTo(500, -1);
  });
  test("one that waits for its turn keeps its place in the schedule, also behind one that was refused", () => {
    const turn = { subject: "requests.order-bagel", strategy: "mailbox", as: "jobs" } as const;
    const bounded = [
      at(0, { type: "load-started", as: "jobs", count: 3, ratePerSecond: 100 }),
      at(0, requested("r1")),
      at(10, { type: "turn-refused", request: "r2", ...turn, error: "" }),
      at(20, { type: "turn-awaited", request: "r3", ...turn, waiting: 1 }),
      at(500, requested("r3")),
    ];
    expect(intended(bounded, "jobs").get("r3")).toBe(20_000);
  });
  test("no percentile is above the slowest", () => {
    const slow = [at(0, requested("r1")), at(2382.5, received("r1"))];
    expect(latencyOf(slow, "jobs")).toMatchObject({ p50: 2382.5, "p99.9": 2382.5, max: 2382.5 });
  });
  test("a reply that comes twice counts when it first came", () => {
    expect(latencyOf([...history, at(9000, received("r1"))], "jobs")?.max).toBeLessThan(600);
  });
});

test("without a rate, from the moment it was sent", () => {
  const history = [
    at(0, { type: "load-started", as: "jobs", count: 1 }),
    at(40, requested("r1")),
    at(50, received("r1")),
  ];
  expect(latencyOf(history, "jobs")?.max).toBeCloseTo(10, 1);
  expect(latencies(history).map(({ as }) => as)).toEqual(["jobs"]);
});

test("no reply, no latency", () => {
  expect(latencyOf([at(0, requested("r1"))], "jobs")).toBeUndefined();
  expect(latencies([at(0, requested("r1"))])).toEqual([]);
});
