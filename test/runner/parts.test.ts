// Several replies in a scenario: parts stored, given in order and collected later; core answers, and what ends each of them.
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { HistoryEvent } from "../internal/history.js";
import { play } from "../support/scenario.js";

// One after the other: four runs at once have some twenty processes to start within the time-out of one.
const head = "scenario: test\nquestion: Does it?\nanswer: It does.";
const outcomes = (requests: readonly { as: string; outcome: string; parts?: number }[]) =>
  Object.fromEntries(requests.map(({ as, outcome, parts }) => [as, [outcome, parts]]));
const told = (events: readonly HistoryEvent[], type: string) =>
  events.flatMap((event) => (event.type === type && "part" in event ? [[event.actor, event.part]] : []));

test("parts are stored once and collected in order if the responder and the requester die after the first", async () => {
  const { result, events } = await play(`${head}
setup: { ack_wait: 1s }
requesters: { alice: { timeout: 30s } }
responders:
  bob: { crash: after-part, menu: &menu { order-feast: { parts: [a, b], reply: c } } }
  carol: { online: false, menu: *menu }
timeline:
  - request: { from: alice, order: order-feast, as: feast, many: true }
  - { crash: alice, after: feast.part-received#1 }
  - { start: carol, after: bob.actor-crashed }
  - { within: 10s, eventually: { stream.REQUESTS.messages: 0, stream.REPLIES.messages: 3 } }
  - start: alice
  - collect: feast
  - expect: { feast: ok c }
check: [parts-complete, no-lost-replies]
`);
  expect([result.reason, result.verdict]).toEqual([undefined, "held"]);
  expect(outcomes(result.requests)).toEqual({ feast: ["ok c", 2] });
  expect(told(events, "part-replied")).toEqual([
    ["bob", 1],
    ["carol", 2],
  ]);
  expect(told(events, "part-collected")).toEqual([
    ["alice", 1],
    ["alice", 2],
  ]);
});

test("stored replies end at the last one, a maximum or a stall, and a single request gets the last", async () => {
  const { result, events } = await play(`${head}
requesters: { alice: { timeout: 20s }, ivan: { reply: inbox, timeout: 20s }, zoe: {} }
responders:
  bob: { menu: { order-feast: { parts: [a, b], reply: c } } }
  slow: { online: false, work: 700ms, menu: { order-feast: { parts: [a, b], reply: c } } }
timeline:
  - request: { from: alice, order: order-feast, as: all, many: true }
  - request: { from: ivan, order: order-feast, as: heard, many: { stall: 10s } }
  - request: { from: alice, order: order-feast, as: two, many: { maximum: 2 } }
  - request: { from: alice, order: order-feast, as: one }
  - request: { from: alice, order: order-soup, as: none, many: true }
  - eventually: { all: ok c, heard: ok c, two: ended by maximum, one: ok c, none: rejected }
  - eventually: { stream.REQUESTS.messages: 0 }
  - stop: bob
  - start: slow
  - request: { from: alice, order: order-feast, as: paused, many: { stall: 200ms } }
  - { crash: slow, after: paused.timed-out }
  - together: [{ collect: two }, { collect: two }]
  - collect: one
  - request: { from: zoe, order: order-feast, as: sent, many: true }
  - crash: zoe
  - expect: { events.sent.requested: 1 }
check: [parts-complete, no-lost-replies]
`);
  expect([result.reason, result.verdict]).toEqual([undefined, "held"]);
  expect(outcomes(result.requests)).toEqual({
    all: ["ok c", 2],
    heard: ["ok c", 2],
    two: ["ok c", 2],
    sent: ["pending", undefined],
    one: ["ok c", 2],
    none: ["rejected no such order: order-soup", undefined],
    paused: ["timed-out", 1],
  });
  const ends = events.flatMap((event) => (event.type === "replies-ended" ? [[event.parts, event.by]] : []));
  expect(ends.sort()).toEqual([
    [0, "last"],
    [2, "last"],
    [2, "last"],
    [2, "maximum"],
  ]);
});

test("core replies end at a maximum, an end mark, a stall or the time, also without any reply", async () => {
  const { result, events } = await play(`${head}
setup: none
requesters: { carol: { reply: core, timeout: 20s } }
services:
  baker: { subject: prices.*, reply: "{2} 2" }
  miller: { subject: prices.*, reply: "{2} 3" }
  teller: { subject: tell, parts: [once, upon], reply: the end }
  sloth: { subject: sleep, reply: late, work: 20s }
timeline:
  - request: { from: carol, subject: sleep, as: asleep, timeout: 5s, many: true }
  - request: { from: carol, subject: prices.rye, as: both, many: { maximum: 2 } }
  - request: { from: carol, subject: tell, as: tale, many: { sentinel: the end } }
  - request: { from: carol, subject: prices.rye, as: paused, many: { stall: 4s } }
  - request: { from: carol, subject: prices.rye, as: timed, timeout: 4s, many: true }
  - request: { from: carol, subject: nobody, as: nobody, many: true }
  - within: 20s
    eventually:
      both: ended by maximum
      tale: ended by sentinel
      paused: ended by stall
      timed: ended by timeout
      nobody: no-responders
      asleep: timed-out
check: [parts-complete]
expected: { parts-complete: inconclusive }
`);
  expect([result.reason, result.verdict]).toEqual([undefined, "held"]);
  expect(outcomes(result.requests)).toEqual({
    both: ["ended by maximum", 2],
    tale: ["ended by sentinel", 2],
    paused: ["ended by stall", 2],
    timed: ["ended by timeout", 2],
    nobody: ["no-responders", undefined],
    asleep: ["timed-out", undefined],
  });
  // The next step does not wait for what becomes of a request.
  const types = events.map(({ type }) => type);
  expect(types.lastIndexOf("requested")).toBeLessThan(types.indexOf("timed-out"));
});

// Each step waits for the event that it needs: when the client dials again depends on the age of its connection (2 s).
test("a part that an inbox lost makes the reply incomplete", async () => {
  const bob = fileURLToPath(new URL("../fixtures/parts-on-request.js", import.meta.url));
  const text = `${head}
requesters: { alice: { timeout: 20s }, ivan: { reply: inbox, timeout: 20s } }
responders: { bob: { menu: { order-feast: { parts: [a, b], reply: c }, order-next: sent } } } # served by the program
timeline:
  - request: { from: ivan, order: order-feast, as: feast, many: true }
  - inject: { cut: { between: [ivan, server] } }
    after: feast.part-received
  - request: { from: alice, order: order-next, as: second }
    after: ivan.disconnected
  - heal: cut
    after: second.received
  - request: { from: ivan, order: order-next, as: third }
    after: ivan.reconnected
  - after: feast.replies-ended
    expect: { feast: ended by missing-part, events.ivan.disconnected: 1 }
  - eventually: { third: ok sent }
check: [parts-complete]
expected: { parts-complete: violated }
`;
  const { result, events } = await play(text, { programs: { bob } });
  expect(result.reason).toBeUndefined();
  expect(outcomes(result.requests)).toEqual({
    feast: ["ended by missing-part", 1],
    second: ["ok sent", undefined],
    third: ["ok sent", undefined],
  });
  expect(told(events, "part-replied")).toEqual([
    ["bob", 1],
    ["bob", 2],
  ]);
});
