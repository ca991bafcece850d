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

describe("the latency under a load of 100 a second", () => {
  // The second request is due at 10 ms and sent at 500 ms: whoever waited for it waited since 10 ms.
  const history = [
    at(0, { type: "load-started", as: "jobs", count: 2, ratePerSecond: 100 }),
    at(0, requested("r1")),
    at(500, requested("r2")),
    at(500, received("r1")),
    at(510, received("r2")),
  ];
  test("is measured from the moment that a request was due", () => {
    expect([...intended(history, "jobs").values()]).toEqual([0, 10_000]);
    const { count, p50, max } = latencyOf(history, "jobs") ?? {};
    expect(count).toBe(2);
    expect(p50).toBeCloseTo(500, -1);
    expect(max).toBeCloseTo(500, -1);
  });
  test("counts the wait of a request in line, also behind a refused one", () => {
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
  test("has no percentile above the slowest", () => {
    const slow = [at(0, requested("r1")), at(2382.5, received("r1"))];
    expect(latencyOf(slow, "jobs")).toMatchObject({ p50: 2382.5, "p99.9": 2382.5, max: 2382.5 });
  });
  test("counts the first of two replies", () => {
    expect(latencyOf([...history, at(9000, received("r1"))], "jobs")?.max).toBeLessThan(600);
  });
});

test("the latency without a rate is measured from the request event", () => {
  const history = [
    at(0, { type: "load-started", as: "jobs", count: 1 }),
    at(40, requested("r1")),
    at(50, received("r1")),
  ];
  expect(latencyOf(history, "jobs")?.max).toBeCloseTo(10, 1);
  expect(latencies(history).map(({ as }) => as)).toEqual(["jobs"]);
});

test("a request without a reply has no latency", () => {
  expect(latencyOf([at(0, requested("r1"))], "jobs")).toBeUndefined();
  expect(latencies([at(0, requested("r1"))])).toEqual([]);
});

describe("a request that nothing answers", () => {
  const ended = (request: string, type: "timed-out" | "request-failed"): EventBody =>
    type === "timed-out"
      ? { type, request, afterMs: 1000, whereabouts: "queued", evidence: "" }
      : { type, request, error: "no stream" };
  const answered = [at(0, requested("r1")), at(10, received("r1"))];

  test("counts with the time that its caller waited", () => {
    const latency = latencyOf([...answered, at(0, requested("r2")), at(1200, ended("r2", "timed-out"))], "jobs");
    expect(latency).toMatchObject({ count: 1, unanswered: 1, max: 1200 });
    expect(latency?.p50).toBeCloseTo(10, 0);
  });
  test("counts with its whole time-out where it failed at once, and where its requester ended", () => {
    const failed = [...answered, at(0, requested("r2")), at(1, ended("r2", "request-failed"))];
    expect(latencyOf(failed, "jobs")).toMatchObject({ unanswered: 1, max: 1000 });
    const abandoned = [...answered, at(20, requested("r2")), at(3020, received("other"))];
    expect(latencyOf(abandoned, "jobs")).toMatchObject({ unanswered: 1, max: 3000 });
  });
  test("is not counted while its time-out runs, and is answered by a late reply", () => {
    expect(latencyOf([...answered, at(20, requested("r2")), at(900, received("other"))], "jobs")).toEqual(
      latencyOf(answered, "jobs"),
    );
    const late = [...answered, at(0, requested("r2")), at(1000, ended("r2", "timed-out")), at(1500, received("r2"))];
    expect(latencyOf(late, "jobs")).toMatchObject({ count: 2, max: 1500 });
    expect(latencyOf(late, "jobs")).not.toHaveProperty("unanswered");
  });
});
