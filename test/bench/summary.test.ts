import { expect, test } from "vitest";
import { summarizeBacklogs } from "../../bench/backlog-report.js";
import { busiestOwn, type CpuProfile, selfTimes } from "../../bench/profile.js";
import { loadOf, playRounds, Steps } from "../../bench/rounds.js";
import { summarize } from "../../bench/summary.js";
import { cpuFrom, cpuPerRequest, peakFrom } from "../../bench/usage.js";

const measurement = (requestsPerSecond: number, p50: number, requester?: number) => ({
  ...{ seconds: 1, requestsPerSecond, p50, p99: 2 * p50, p999: 3 * p50 },
  cpu: requester === undefined ? {} : { requester },
});

test("a row's ratio is the median of the ratios of its rounds, not the ratio of medians", () => {
  const byRow = new Map([
    ["core", [measurement(100, 10), measurement(10, 100), measurement(80, 20)]],
    ["inbox", [measurement(300, 10, 7), measurement(30, 100, 9), measurement(80, 30)]],
  ]);
  const [section] = summarize(new Map([[500, byRow]]), "core");
  expect(section?.rows[0]).toMatchObject({ row: "core", requestsRatio: 1, p50Ratio: 1, cpu: {} });
  expect(section?.rows[1]).toMatchObject({
    requestsPerSecond: 80,
    requestsRatio: 3,
    p50Ratio: 1,
    cpu: { requester: 8 },
  });
});

test("a row's whole CPU is compared with that of its floor in the same round", () => {
  const costing = (requester: number) => ({ ...measurement(100, 10), cpu: { requester, responder: 10, server: 20 } });
  const byRow = new Map([
    ["mailbox", [costing(30), costing(70), costing(50)]],
    ["mailbox-floor", [costing(10), costing(20), costing(50)]],
  ]);
  const [section] = summarize(new Map([[500, byRow]]), "mailbox-floor", { mailbox: "mailbox-floor" });
  expect(section?.rows[0]).toMatchObject({ cpuWhole: 80, cpuToFloor: 1.5 });
  expect(section?.rows[1]).not.toHaveProperty("cpuToFloor");
});

test("every row runs once a round, every second round backwards, after a warm-up", async () => {
  const order: string[] = [];
  const stage = (name: string) => ({
    measure: async ({ inFlight }: { inFlight: number }) => {
      order.push(`${name}${inFlight}`);
      return measurement(1, 1);
    },
  });
  const stages = new Map([
    ["a", stage("a")],
    ["b", stage("b")],
  ]);
  const rounds = await playRounds(stages, { rounds: 2, requests: 10, inFlight: [1, 5], payloadBytes: 128 }, () => {});
  expect(order.join(" ")).toBe("a5 b5 a1 b1 b1 a1 a5 b5 b5 a5");
  expect(rounds.get(5)?.get("b")).toHaveLength(2);
  expect([loadOf(1, 15, 128), loadOf(5, 15, 128)]).toEqual([
    { inFlight: 1, payloadBytes: 128, requests: 2 },
    { inFlight: 5, payloadBytes: 128, requests: 15 },
  ]);
});

test("the progress says how many steps there are, and how long the rest takes", () => {
  let now = 0;
  const steps = new Steps(4, () => now);
  expect(steps.next()).toBe("[1/4] ");
  now = 2_000;
  expect(steps.next()).toBe("[2/4, 6 s left] ");
  now = 3_000;
  expect(steps.next()).toBe("[3/4, 3 s left] ");
});

test("a backlog's cost is relative to the smallest one, measured around it", () => {
  const pass = (wall: number) => ({ queueing: { wall, requester: 1 }, draining: { wall: 2 * wall } });
  const of = (walls: number[], around: number[] = []) => ({
    server: { version: "", origin: "" },
    passes: walls.map(pass),
    references: around.map(pass),
    peakMb: {},
  });
  const [small, large] = summarizeBacklogs([
    [10, of([8, 20, 10])],
    [1000, of([15], [12, 30, 11])],
  ]);
  expect(small?.queueing).toEqual({ wall: 10, requester: 1, ratio: 1 });
  expect(large?.draining).toEqual({ wall: 30, ratio: 1.25 });
});

test("CPU and peak memory are read from proc(5), whatever the command is called", () => {
  const stat = "12 (a) b (c) S 1 12 12 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 11 0 1 2 3";
  expect(cpuFrom(stat)).toBe(3_000_000);
  expect(peakFrom("VmPeak:\t  1 kB\nVmHWM:\t  100000 kB\n")).toBeCloseTo(102.4);
  expect(cpuPerRequest({ cpuMicros: 100 }, { cpuMicros: 300 }, 10)).toBe(20);
  expect(cpuPerRequest({}, { cpuMicros: 300 }, 10)).toBeUndefined();
});

test("self time is summed by function and place, without idle time", () => {
  const node = (id: number, functionName: string, url = "") => ({
    id,
    callFrame: { functionName, url, lineNumber: 4 },
  });
  const profile: CpuProfile = {
    nodes: [
      ...[node(1, "(idle)"), node(2, "send", "file:///x/dist/kit.js"), node(3, "send", "file:///x/dist/kit.js")],
      ...[
        node(4, ""),
        node(5, "write", "file:///x/node_modules/nats/dist/nats.js"),
        node(6, "load", "file:///x/dist/bench/load.js"),
      ],
    ],
    samples: [1, 2, 3, 4, 2, 5, 6],
    timeDeltas: [1000, 10, 20, 5, 30, 90, 45],
  };
  expect(selfTimes(profile)).toEqual([
    { name: "write nats.js:5", micros: 90, isOwn: false },
    { name: "send kit.js:5", micros: 60, isOwn: true },
    { name: "load load.js:5", micros: 45, isOwn: false },
    { name: "(anonymous)", micros: 5, isOwn: false },
  ]);
  expect(busiestOwn(selfTimes(profile))).toBe(
    "The kit's busiest function: send kit.js:5, 30.0 %; all of the kit: 30.0 %",
  );
});
