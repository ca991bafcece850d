// Queues in a scenario: every step, count and reading is of the queue of its actor.
import { expect, test } from "vitest";
import { diagramOf, pathsOf } from "../internal/report.js";
import { play } from "../support/scenario.js";

const head = "scenario: test\nquestion: Does it?\nanswer: It does.";
const outcomes = (requests: readonly { as: string; outcome: string }[]) =>
  Object.fromEntries(requests.map(({ as, outcome }) => [as, outcome]));

test("every step of a scenario works in a queue of two tokens, with ids of any text", async () => {
  const run = await play(`${head}
queue: staging.sales
setup: { max_deliver: 1, ack_wait: 1s }
requesters: { alice: {}, carol: { reply: kv } }
responders:
  bob: { online: false, menu: { order-tea: 🍵 } }
  poisoned: { fails: always, menu: { order-tea: 🍵 } }
timeline:
  - request: { from: alice, order: order-tea, as: poison, id: "order:42 {a}" }
  - eventually: { poison: dead-lettered, stream.STAGING_SALES_DEAD_LETTERS.messages: 1 }
  - stop: poisoned
  - request: { from: alice, order: order-tea, as: given-up }
  - eventually: { whereabouts.given-up: queued }
  - cancel: given-up
  - start: bob
  - replay: poison
  - request: { from: carol, order: order-tea, as: keyed }
  - publish:
      subject: staging.sales.requests.order-tea
      as: nest
      headers: { Nats-Msg-Id: "nest 1", Reply-To: "staging.sales.replies.zoe.nest=201" }
  - eventually: { keyed: ok 🍵, nest: ok 🍵, stream.STAGING_SALES_REQUESTS.messages: 0 }
  - collect: poison
  - expect: { poison: ok 🍵, given-up: cancelled, consumer.responder.pending: 0 }
check: [no-lost-requests, no-lost-replies, no-phantom-replies, right-address, no-stuck-messages]
`);
  expect([run.result.reason, run.result.verdict]).toEqual([undefined, "held"]);
  expect(outcomes(run.result.requests)).toEqual({
    poison: "ok 🍵",
    "given-up": "cancelled before any responder had it",
    keyed: "ok 🍵",
    nest: "ok 🍵",
  });
  const setUp = run.events.flatMap((event) => (event.type === "setup-applied" ? event.streams : []));
  expect(setUp.filter((name) => !/^(KV_)?STAGING_SALES_/.test(name))).toEqual([]);
});

test("no-stuck-messages and the counts see each queue and each consumer of a run", async () => {
  const run = await play(`${head}
setup:
  max_deliver: 1
  ack_wait: 500ms
  consumers: { now: { subjects: [now.>] }, later: { subjects: [later.>] } }
requesters: { alice: {}, teller: { queue: payments } }
responders:
  bob: { consumer: now, menu: { now.tea: 🍵 } }
  clerk: { kind: plain, queue: payments, consumer: later, acks: false, menu: { later.charge: done } }
timeline:
  - request: { from: alice, order: now.tea, as: tea }
  - request: { from: teller, order: later.charge, as: charge }
  - eventually: { tea: ok 🍵, charge: ok done, advisory.max-deliver: 1 }
  - expect:
      stream.REQUESTS.messages: 0
      stream.PAYMENTS_REQUESTS.messages: 1
      consumer.now.pending: 0
      consumer.PAYMENTS_REQUESTS.later.pending: 0
      consumer.PAYMENTS_REQUESTS.now.pending: 0
check: [no-stuck-messages, right-address]
expected: { no-stuck-messages: violated }
`);
  expect([run.result.reason, run.result.verdict]).toEqual([undefined, "held"]);
  expect(run.result.checks.map(({ name, detail }) => [name, detail])).toEqual([
    ["no-stuck-messages", "1 request left in PAYMENTS_REQUESTS, of which 1 can no longer be delivered"],
    ["right-address", "2 replies at the address that was asked for"],
  ]);
  const paths = pathsOf(run);
  const { rows } = diagramOf(run, paths, paths.all);
  const sent = rows.filter(({ event }) => event.type === "requested" || event.type === "acked");
  expect(sent.map(({ from, to }) => [from, to]).sort()).toEqual([
    ["alice", "REQUESTS"],
    ["bob", "REQUESTS"],
    ["teller", "PAYMENTS_REQUESTS"],
  ]);
});
