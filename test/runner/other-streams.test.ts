// Streams of a scenario that no queue has: created with their limits and consumers, counted by name, and removed.
import { jetstreamManager } from "@nats-io/jetstream";
import { expect, test } from "vitest";
import { ConfigurationDiffersError, InvalidInputError } from "../../src/index.js";
import { rejection } from "../support/rejection.js";
import { aliceAndBob, play } from "../support/scenario.js";
import { startTestServer } from "../support/server.js";

const head = "scenario: test\nquestion: Does it?\nanswer: It does.";

test("a scenario without a queue counts a stream with a limit, and its two consumers", async () => {
  const run = await play(`${head}
setup: none
streams:
  ORDERS:
    subjects: [orders.>]
    storage: memory
    max_msgs: 2
    consumers: { eu: { filter: [orders.eu.*], max_deliver: 3 }, all: { ack: none } }
timeline:
  - publish: { subject: orders.eu.1 }
  - publish: { subject: orders.us.1 }
  - publish: { subject: orders.us.2 }
  - eventually:
      stream.ORDERS.messages: 2
      stream.ORDERS.readable: 2
      consumer.ORDERS.eu.pending: 0
      consumer.ORDERS.all.pending: 2
`);
  expect([run.result.reason, run.result.verdict]).toEqual([undefined, "held"]);
});

test("a consumer of a copy sees each reply, and of a full stream the new message is refused", async () => {
  const timeline = `
  - request: { from: alice, order: order-sandwich, as: lunches, count: 3 }
  - eventually: { lunches: { ok: 3 }, consumer.COPY.billing.pending: 3, stream.FULL.messages: 1 }
  - publish: { subject: full.two }
  - expect: { stream.FULL.messages: 1 }`;
  const more = `streams:
  COPY: { mirror: REPLIES, storage: memory, consumers: { billing: {} } }
  FULL: { subjects: [full.>], sources: [AUDIT], max_msgs: 1, discard: new }
  AUDIT: { sources: [REQUESTS], retention: interest, consumers: { keeper: {} } }`;
  const run = await play(aliceAndBob(timeline, { more }));
  expect([run.result.reason, run.result.verdict]).toEqual([undefined, "held"]);
});

test("a given server has none of the streams after the run, and keeps one that it had", async () => {
  await using server = await startTestServer();
  const jsm = await jetstreamManager(await server.connect());
  const connection = { servers: server.url };
  const more = "streams: { AUDIT: { sources: [REQUESTS] }, OTHER: { subjects: [other.>] } }";
  const timeline = "  - expect: { stream.AUDIT.messages: 0, stream.OTHER.messages: 0 }";
  const { result } = await play(aliceAndBob(timeline, { more }), { connection });
  expect([result.reason, result.verdict]).toEqual([undefined, "held"]);
  expect(await jsm.streams.names().next()).toEqual([]);
  await jsm.streams.add({ name: "AUDIT", subjects: ["of.others"] });
  const refused = await rejection(play(aliceAndBob(timeline, { more }), { connection }));
  expect(refused).toBeInstanceOf(ConfigurationDiffersError);
  expect(refused.message).toContain("The server has a stream AUDIT");
  expect(await jsm.streams.names().next()).toEqual(["AUDIT"]);
});

test("what only the server refuses is told with its words and the name", async () => {
  const more = "streams: { ORDERS: { subjects: [orders.>], duplicate_window: 2m, max_age: 1s } }";
  const refused = await rejection(play(aliceAndBob("  - wait: 1ms", { more })));
  expect(refused).toBeInstanceOf(InvalidInputError);
  expect(refused.message).toMatch(/^The server refused ORDERS of `streams`: /);
});
