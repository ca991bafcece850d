// Load, and what can be expected of it, of the server and of times.
import { describe, expect, test } from "vitest";
import { randomFrom } from "../internal/runner.js";
import { aliceAndBob, play } from "../support/scenario.js";

describe.concurrent("a load", () => {
  test("is sent on schedule, drawn by weight from the seed, and expected as a whole", async () => {
    const text = aliceAndBob(
      `
  - request:
      { from: alice, as: jobs, count: 200, rate: 1000/s, orders: { order-bagel: 3, order-drink: 1 }, timeout: 5s }
  - { after: jobs.received#200, expect: { events.jobs.executed: ">= 100" } }
  - expect:
      jobs: { ok: 100..199, rejected: 1..100 }
      latency.jobs.p50: < 4s
      duration.jobs.received: < 5s
  - eventually:
      stream.REQUESTS.readable: 0
      stream.REPLIES.readable: 200
      advisory.terminated: 1..100`,
      { bob: "{ concurrency: 10 }", more: "seed: 7" },
    );
    const [{ result, events }, again] = await Promise.all([play(text), play(text)]);
    expect(result.reason).toBeUndefined();
    expect(result.seed).toBe(7);
    expect(result.latency).toMatchObject([{ as: "jobs", count: 200 }]);
    const subjects = (run: typeof events) => run.flatMap((e) => (e.type === "requested" ? [e.subject] : []));
    expect(subjects(again.events)).toEqual(subjects(events));
    // None before its moment, counted from the load's beginning: a busy process may send the first one late.
    const began = events.find((e) => e.type === "load-started")?.t as number;
    expect((events.findLast((e) => e.type === "requested")?.t as number) - began).toBeGreaterThan(195_000);
  });

  test("has a duration that is compared with the duration of another request", async () => {
    const { result } = await play(
      aliceAndBob(
        `
  - request: { from: alice, order: order-bagel, as: one }
  - request: { from: alice, order: order-bagel, as: five, count: 5 }
  - eventually: { one: "ok 🥯", five: { ok: 5 } }
  - expect: { duration.five.received: "> duration.one.received", duration.one.received: "> duration.five.received" }`,
        { bob: "{ work: 100ms, concurrency: 1 }" },
      ),
    );
    expect(result.expectations.slice(-2).map(({ path, expected, verdict }) => [path, expected, verdict])).toEqual([
      ["duration.five.received", "> duration.one.received", "held"],
      ["duration.one.received", "> duration.five.received", "violated"],
    ]);
  });

  test("that the end of the timeline cuts off makes the run inconclusive, and its size is said", async () => {
    const { result, events } = await play(
      aliceAndBob(`
  - request: { from: alice, order: order-bagel, as: jobs, count: 1000, rate: 100/s }
  - { expect: { events.jobs.requested: ">= 5" }, after: jobs.requested#5 }`),
    );
    const sent = events.filter(({ type }) => type === "requested").length;
    expect(sent).toBeLessThan(1000);
    expect([result.verdict, result.reason]).toEqual([
      "inconclusive",
      `The load jobs ended before all was sent: ${sent} of 1000 requests.`,
    ]);
  });

  test("a condition that was true once is reported with its time", async () => {
    const { result } = await play(
      aliceAndBob(`
  - request: { from: alice, order: order-bagel, as: lunch }
  - { expect: { events.lunch.acked: 0 }, after: lunch.acked }`),
    );
    expect(result.verdict).toBe("violated");
    expect(result.reason).toMatch(
      /^Expected events\.lunch\.acked to be 0, but it was 1; it was so \d+ ms into the run \(line \d+\)\.$/,
    );
  });
});

test("random numbers repeat for a seed, and differ for another purpose", () => {
  const three = (seed: number, purpose: string) => {
    const random = randomFrom(seed, purpose);
    return [random(), random(), random()];
  };
  expect(three(7, "a")).toEqual(three(7, "a"));
  expect(three(7, "a")).not.toEqual(three(7, "b"));
  expect(three(7, "a")).not.toEqual(three(8, "a"));
  expect(three(7, "a").every((n) => n >= 0 && n < 1)).toBe(true);
});
