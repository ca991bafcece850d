// Examples of every key, from runnable scenario files: the built-in ones, and a few for the keys that these do not use.
import { readFile } from "node:fs/promises";
import { parse, stringify } from "yaml";
import { findScenarios } from "../internal/scenario.js";

const head = "question: Does it?\nanswer: It does.";

/** Complete files. Their examples come first. */
export const more = [
  `scenario: my-experiment
question: Does it hold?
answer: It does.
requires: { server: ">=2.11", nodes: 3, root: true }
seed: 42
setup: { storage: memory, max_ack_pending: 5, duplicate_window: 2s, request_age: 1s, max_requests: 3, discard: old, replicas: 1 }
requesters: { alice: { reply: mailbox, timeout: 1s, on_timeout: cancel, max_outstanding: 5, max_waiting: 10, online: true }, shop: { kind: external } }
responders: { bob: { work: 20ms } }
sweep: { responders.bob.work: [5ms, 20ms] }
repeat: 3
timeline:
  - request: { from: alice, orders: { order-sandwich: 3, order-bagel: 1 }, as: lunches, count: 50, rate: 100/s, timeout: 2s, on_timeout: keep, payload: with cheese }
  - send: { from: alice, orders: { order-sandwich: 3, order-bagel: 1 }, as: nightly, count: 50, rate: 100/s, payload: with cheese }
  - { at: 500ms, crash: alice }
  - { start: alice }
  - wait: 100ms
  - stop: bob
  - restart: server
  - together: [{ start: bob }, { wait: 1ms }]
  - repeat: { times: 3, steps: [{ wait: 10ms }] }
  - collect: { request: lunches, by: alice, timeout: 1s }
  - inject: { pause-server: {}, for: 2s }
  - heal: all
thresholds: { latency.lunches.p99: < 50ms }
check: [no-lost-requests, no-duplicate-executions: { at_most: 2 }, no-storm: { at_most: 5 }, reply-matches: { order-bagel: 🥯 }]
expected: { no-lost-requests: violated }
`,
  `scenario: two-consumers
${head}
setup: { schedules: true, consumers: { batch: { subjects: [later.>], ack_wait: 60s, max_deliver: 3, max_ack_pending: 10 } } }
requesters: { alice: {} }
responders: { bob: { consumer: batch, menu: { later.report: 📊 } } }
timeline:
  - send: { from: alice, order: later.report, as: nightly, delay: 10m }
  - expect: { whereabouts.nightly: scheduled }
`,
  `scenario: two-menus
${head}
setup: { shared: true }
requesters: { alice: {} }
responders: { bob: { menu: { order-tea: 🍵 } }, carol: { menu: { order-soup: 🍲 } } }
timeline: [{ request: { from: alice, order: order-soup, as: lunch } }]
`,
  `scenario: greeting
${head}
setup: none
requesters: { carol: { reply: core } }
services: { greeter: { subject: greet.*, reply: hello, online: true } }
timeline: [{ request: { from: carol, subject: greet.joe, as: hi } }]
`,
  `scenario: prices
${head}
setup: none
requesters: { carol: { reply: core } }
services: { baker: { subject: prices.*, parts: ["{2}: 2 €", fresh today], reply: that is all, work: 10ms } }
timeline: [{ request: { from: carol, subject: prices.rye, as: rye, many: { stall: 1s, maximum: 3, sentinel: that is all } } }]
`,
  `scenario: feast
${head}
requesters: { alice: {} }
responders: { bob: { menu: { order-feast: { parts: [🥗, 🍝], reply: 🍨 } } } }
timeline: [{ request: { from: alice, order: order-feast, as: feast, many: true } }]
`,
  `scenario: cluster
${head}
server: { nodes: 3, version: { one: 2.12.15 }, sync_interval: always, limits: { file: 1000000, memory: 1000000 } }
setup: { storage: file, replicas: 3, ack_wait: 2s, max_deliver: 3 }
requesters: { alice: {} }
responders: { bob: { online: false, kind: plain, concurrency: 2, prefetch: 10, fails: 2, crash: after-reply, unmatched: silent, menu: { order-soup: 🍲 } }, carol: { max_attempts: 3, retry: { first: 50ms, most: 2s }, ack_delay: none, allow_reply_to: [partner.inbox.>] } }
timeline:
  - request: { from: alice, order: order-soup, as: lunch, id: lunch-1 }
  - { after: lunch.stored, start: bob }
  - { after: lunch.received, at_latest: 2s, wait: 1ms }
  - { within: 5s, eventually: { lunch: ok 🍲 } }
  - expect: { stream.REQUESTS.messages: 0 }
  - send: { from: alice, order: order-soup, as: dinner, id: dinner-1 }
  - cancel: lunch
  - replay: { request: lunch }
  - upgrade: { to: 2.14.0, node: one }
`,
  `scenario: copies
${head}
streams: { AUDIT: { sources: [REQUESTS, ORDERS], storage: file, replicas: 1, retention: limits, max_msgs: 10000, max_bytes: 1000000, max_msgs_per_subject: 100, max_age: 60m, discard: old, duplicate_window: 1m }, REPLIES_COPY: { mirror: REPLIES, consumers: { billing: { filter: [replies.alice.*], ack: explicit, ack_wait: 5s, max_deliver: 3, max_ack_pending: 10 } } }, ORDERS: { subjects: ["orders.>"] } }
requesters: { alice: {} }
responders: { bob: {} }
timeline:
  - request: { from: alice, order: order-sandwich, as: lunch }
  - eventually: { stream.AUDIT.messages: 1, consumer.REPLIES_COPY.billing.pending: 1 }
`,
  `scenario: two-queues
${head}
queue: sales
requesters: { alice: {}, teller: { queue: payments } }
responders: { bob: {}, clerk: { queue: payments, menu: { charge: done } } }
timeline:
  - request: { from: alice, order: order-bagel, as: lunch, id: "order:42" }
  - request: { from: teller, order: charge, as: invoice }
  - expect: { stream.PAYMENTS_REPLIES.messages: 1, consumer.SALES_REQUESTS.responder.pending: 0 }
`,
];

export async function exampleTexts(): Promise<string[]> {
  const listed = await findScenarios();
  return [...more, ...(await Promise.all(listed.map(({ file }) => readFile(file, "utf8"))))];
}

/** The example of a key: the first in `more`, else the shortest in the built-in files. `*` in `path` is any name. */
export function exampleOf(texts: readonly string[], path: readonly string[]): string | undefined {
  const found = texts.flatMap((text, i) => valuesAt(dataOf(text), path).map((value) => ({ i, value })));
  const key = path.at(-1) as string;
  const shown = found.map(({ i, value }) => ({ own: i < more.length, text: inline({ [key]: value }) }));
  const [best] = shown.sort((a, b) => Number(b.own) - Number(a.own) || a.text.length - b.text.length);
  return best?.text;
}

const read = new Map<string, unknown>();

function dataOf(text: string): unknown {
  if (!read.has(text)) read.set(text, parse(text));
  return read.get(text);
}

function valuesAt(data: unknown, [part, ...rest]: readonly string[]): unknown[] {
  if (part === undefined) return [data];
  if (typeof data !== "object" || data === null) return [];
  if (part === "*") return Object.values(data).flatMap((value) => valuesAt(value, rest));
  return part in data ? valuesAt((data as Record<string, unknown>)[part], rest) : [];
}

/** The value on one line: `timeout: 1s`. */
function inline(value: Record<string, unknown>): string {
  const text = stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trim();
  return text.replace(/^\{ ?([\s\S]*?) ?\}$/, "$1").replace(/\s*\n\s*/g, " ");
}
