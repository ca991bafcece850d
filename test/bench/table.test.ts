// The tables hold 80 columns with the largest numbers that a run is likely to see.
import { expect, test } from "vitest";
import { type BacklogResult, reportBacklog } from "../../bench/backlog-report.js";
import { reportRun } from "../../bench/report.js";
import type { RunResult } from "../../bench/result.js";
import { fixed, table, whole } from "../../bench/table.js";

const surroundings = {
  server: { version: "2.14.0", origin: "PATH" },
  node: "v20.20.2",
  platform: "linux-x64",
  cores: 4,
};
const widest = (text: string) => Math.max(...text.split("\n").map((line) => line.length));

test("the first column is aligned left, and numbers right", () => {
  expect(
    table([
      ["", "a"],
      ["long", "1"],
      ["x", "123"],
    ]),
  ).toBe("         a\nlong     1\nx      123");
});

test("numbers are readable, and an unknown one is marked", () => {
  expect([whole(1_234_567.8), whole(undefined), fixed(1.005, 1), fixed(undefined, 1)]).toEqual([
    "1,234,568",
    "n/a",
    "1.0",
    "n/a",
  ]);
});

test("a run has its golden report", () => {
  const row = {
    row: "mailbox",
    ...{ requestsPerSecond: 123_456, requestsRatio: 12.34, p50: 123_456, p50Ratio: 12.34 },
    ...{ p99: 999_999, p999: 999_999, cpu: { requester: 123.4, responder: 123.4 } },
    ...{ cpuWhole: 1234.5, cpuToFloor: 12.34 },
  };
  const result: RunResult = {
    ...surroundings,
    ...{ payloadBytes: 128, rounds: 5, baseline: "core" },
    sections: [{ inFlight: 500, rows: [row] }],
    peakMb: { rows: { mailbox: { requester: 123 } } },
  };
  const text = reportRun(result, { mailbox: "the kit" });
  expect(widest(text)).toBeLessThanOrEqual(80);
  expect(text).toMatchInlineSnapshot(`
    "nats-server 2.14.0, Node v20.20.2, linux-x64, 4 cores

    CPU µs per request (requester, responder and server together), × is the
    median of the ratios to the row's floor in the same round
              500 in flight   × floor
    mailbox          1234.5     12.34

    128-byte payloads, medians of 5 rounds, × is the median of the ratios
    to core in the same round

    500 in flight
                          latency         in µs         CPU µs     per request
              req/s     ×     p50     ×     p99   p99.9 req-er resp-er  server
    mailbox 123,456 12.34 123,456 12.34 999,999 999,999  123.4   123.4     n/a

    Peak memory in MB (nats-server, all rows together: n/a)
              requester   responder
    mailbox         123         n/a

    mailbox  the kit"
  `);
});

test("a backlog has its golden report", () => {
  const cost = { wall: 1234.5, requester: 1234.5, responder: 1234.5, server: 1234.5, ratio: 12.34 };
  const size = { passes: 100, queueing: cost, draining: cost, peakMb: { requester: 1234, responder: 1234 } };
  const result: BacklogResult = {
    ...surroundings,
    ...{
      payloadBytes: 128,
      sizes: [
        { size: 10_000, ...size },
        { size: 1_000_000, ...size },
      ],
      timeOuts: [{ count: 20_000, p50: 1234.5, max: 12_345 }],
    },
  };
  expect(widest(reportBacklog(result))).toBeLessThanOrEqual(80);
});
