// Steps made of steps, and steps by the clock.
import { describe, expect, test } from "vitest";
import { aliceAndBob, play, scenarioOf } from "../support/scenario.js";

const times = (events: { type: string; t: number }[], type: string) =>
  events.filter((event) => event.type === type).map((event) => event.t / 1000);

describe.concurrent("a timeline", () => {
  test("repeats its steps, and the request's name means all of them", async () => {
    const { result, events } = await play(
      aliceAndBob(`
  - repeat:
      times: 3
      steps:
        - request: { from: alice, order: order-bagel, as: jobs }
        - { stop: bob, after: jobs.received }
        - start: bob
  - { expect: { stream.REQUESTS.messages: 0 }, after: jobs.received#3 }`),
    );
    expect(result.verdict).toBe("held");
    expect(result.requests.map(({ as, outcome }) => [as, outcome])).toEqual(Array(3).fill(["jobs", "ok 🥯"]));
    expect(times(events, "drained").length).toBeGreaterThanOrEqual(3);
  });

  test("begins the steps of together at the same time, and ends with the last", async () => {
    const { events, result } = await play(
      aliceAndBob(`
  - together:
      - wait: 700ms
      - { request: { from: alice, order: order-bagel, as: lunch }, at: 300ms }
      - wait: 600ms
  - expect: { lunch: ok 🥯 }`),
    );
    expect(result.verdict).toBe("held");
    const steps = events.flatMap((event) => (event.type === "step" ? [event.step] : []));
    // One after the other, the request would come between the two that wait.
    expect(steps).toEqual(["together", "wait", "wait", "request", "expect"]);
    const [first = 0, , , , last = 0] = times(events, "step");
    expect(last - first).toBeGreaterThanOrEqual(695);
  });

  test("leaves the rest unplayed after an inner step that waits in vain", async () => {
    const { events, result } = await play(
      aliceAndBob(`
  - repeat:
      times: 5
      steps:
        - together:
            - wait: 10ms
            - { wait: 1ms, after: bob.reconnected, within: 50ms }
  - request: { from: alice, order: order-bagel, as: lunch }`),
    );
    expect(result.verdict).toBe("violated");
    expect(result.reason).toContain("bob.reconnected");
    expect(times(events, "requested")).toEqual([]);
    expect(result.expectations).toHaveLength(1);
  });
});

test("a step with a latest time waits for its event, and begins without it at that time", async () => {
  const { result, events } = await play(
    aliceAndBob(`
  - request: { from: alice, order: order-bagel, as: lunch }
  - { wait: 1ms, after: lunch.received, at_latest: 20s }
  - { wait: 2ms, after: bob.reconnected, at_latest: 300ms }
  - expect: { lunch: ok 🥯 }`),
  );
  expect([result.verdict, result.reason]).toEqual(["held", undefined]);
  const [, first = 0, second = 0] = times(events, "step");
  const [received = 0] = times(events, "received");
  expect(first).toBeGreaterThanOrEqual(received);
  expect(second - first).toBeGreaterThanOrEqual(295);
});

test("a request is cancelled as soon as its place is known, however slow its PubAck", async () => {
  const { result, events } = await play(
    aliceAndBob(
      `
  - inject: { latency: { between: [alice, server], delay: 150ms } }
  - request: { from: alice, order: order-bagel, as: lunch }
  - cancel: lunch
  - heal: all
  - expect: { lunch: cancelled, events.lunch.delivered: 0 }`,
      { bob: "{ online: false }" },
    ),
  );
  expect(result.reason).toBeUndefined();
  expect(events.find(({ type }) => type === "withdrawn")).toMatchObject({ withdrawn: "removed" });
});

test("a stored request is cancelled at once, before its PubAck times out", async () => {
  const { result, events } = await play(
    aliceAndBob(
      `
  - { request: { from: alice, order: order-bagel, as: lunch, timeout: 4s } }
  - { cancel: lunch, after: lunch.stored }
  - { request: { from: alice, order: order-bagel, as: dinner, timeout: 4s, count: 3, rate: 1000/s } }
  - { cancel: dinner, after: dinner.stored#3 }
  - expect: { lunch: cancelled, dinner: { cancelled: 3 } }`,
      { bob: "{ online: false }" },
    ),
  );
  expect(result.expectations.map(({ verdict }) => verdict)).toEqual(["held", "held"]);
  expect(events.filter(({ type }) => type === "timed-out")).toEqual([]);
});

test("a refused publish by hand is reported, and the run continues", async () => {
  const { events } = await play(
    aliceAndBob(`
  - publish: { subject: replies.zoe.1, headers: { Nats-Expected-Last-Subject-Sequence: "7" } }
  - publish: { subject: cancels.nobody, payload: cancelled }`),
  );
  expect(events.filter(({ type }) => type === "published")).toMatchObject([
    { subject: "replies.zoe.1", stream: "REPLIES", refused: expect.stringMatching(/wrong last sequence/) },
    { subject: "cancels.nobody" },
  ]);
});

test("a request that the stream refuses ends the run with its line", async () => {
  const played = play(
    aliceAndBob(`
  - publish: { subject: requests.order-bagel, as: lunch, headers: { Nats-Expected-Stream: REPLIES } }`),
  );
  await expect(played).rejects.toThrow(/The request lunch of line \d+ could not be published: ./s);
});

test.concurrent("a paused responder answers nothing until it is resumed, and both are events", async ({ expect }) => {
  const { result, events } = await play(
    aliceAndBob(`
  - pause: bob
  - { request: { from: alice, order: order-bagel, as: lunch, timeout: 300ms }, after: bob.paused }
  - expect: { lunch: timed-out, events.lunch.delivered: 0, events.bob.paused: 1, events.bob.resumed: 0 }
  - resume: bob
  - { expect: { lunch: ok 🥯, events.bob.resumed: 1 }, after: lunch.received }`),
  );
  expect(result.expectations.map(({ verdict }) => verdict)).toEqual(Array(6).fill("held"));
  const order = ["paused", "timed-out", "resumed", "delivered"];
  expect(events.map(({ type }) => type).filter((type) => order.includes(type))).toEqual(order);
});

test("a replay without a dead letter fails with what to wait for", async () => {
  const played = play(
    aliceAndBob(`
  - request: { from: alice, order: order-bagel, as: lunch }
  - { replay: lunch, after: lunch.received }`),
  );
  await expect(played).rejects.toThrow(/no dead letter of lunch to replay in line \d+: wait for it first/);
});

describe("an inner step that makes no sense is found before the run", () => {
  const diagnostics = (timeline: string) => {
    try {
      scenarioOf(aliceAndBob(timeline));
      return [];
    } catch (error) {
      return (error as Error).message.split("\n").filter((line) => line.startsWith("in-a-test.yaml"));
    }
  };

  test("if an actor is started again in the second round", () => {
    expect(diagnostics("  - repeat: { times: 2, steps: [{ stop: bob }] }")).toEqual([
      'in-a-test.yaml:8:41: Expected "bob" to be running at this step: it is not',
    ]);
  });

  test("if a name is unknown, once, with its place", () => {
    expect(diagnostics("  - together: [{ wait: 1s }, { crash: bbo }]")).toEqual([
      'in-a-test.yaml:8:39: Expected `timeline[0].together[1].crash` to name a requester, responder or service, got "bbo"',
    ]);
  });

  test("if an inner step has two kinds", () => {
    expect(diagnostics("  - together: [{ wait: 1s }, { crash: bob, wait: 1s }]")).toEqual([
      "in-a-test.yaml:8:44: Expected `timeline[0].together[1]` to do one thing, got crash and wait",
    ]);
  });

  test("if a step has a time and an event", () => {
    expect(diagnostics("  - { stop: bob, at: 1s, after: bob.drained }")).toEqual([
      "in-a-test.yaml:8:18: Expected `at` or `after`, got both: an event comes when it comes",
    ]);
  });
});

test("a load of which some requests are refused goes on, and ends in a verdict", async () => {
  const text = aliceAndBob(
    `
  - request: { from: alice, order: order-bagel, as: jobs, count: 5, timeout: 300ms }
  - { after: jobs.stored#3, within: 20s, expect: { stream.REQUESTS.messages: 3 } }
  - { within: 20s, eventually: { events.jobs.request-failed: 2 } }`,
    { bob: "{ online: false }", more: "setup: { max_requests: 3 }\ncheck: [no-lost-requests]" },
  );
  const { result } = await play(text);
  expect([result.verdict, result.reason]).toEqual(["held", undefined]);
});
