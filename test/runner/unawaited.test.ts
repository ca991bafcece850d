// Requests that nobody waits for, that wait for their turn, and replies that nobody expects: played, judged and told.
import { test } from "vitest";
import { html, terminal } from "../internal/report.js";
import { play } from "../support/scenario.js";

const checks =
  "check: [no-lost-requests, no-lost-replies, no-phantom-replies, no-duplicate-replies, no-stuck-messages]";

const file = (alice: string, timeline: string) => `
scenario: test
question: Does it?
answer: It does.
requesters: { alice: ${alice} }
responders: { bob: { online: false } }
timeline:${timeline}
${checks}`;

test.concurrent("a load that is sent without a wait is stored, and its replies are not orphans of the running requester", async ({
  expect,
}) => {
  const run = await play(
    file(
      "{ max_outstanding: 2, max_waiting: 17 }",
      `
  - send: { from: alice, order: order-bagel, as: jobs, count: 20 }
  - expect: { jobs: { stored: 19, refused: 1 }, events.jobs.turn-awaited: 17, whereabouts.jobs: { queued: 19 }, duration.jobs.stored: "< 10s" }
  - collect: jobs
  - expect: { jobs: { not-collected: 19, refused: 1 } }
  - send: { from: alice, order: order-sandwich, as: lunch }
  - start: bob
  - eventually: { stream.REQUESTS.messages: 0 }
  - expect: { lunch: stored, whereabouts.lunch: replied, events.alice.orphaned-reply: 0 }`,
    ),
  );
  expect(run.result.reason).toBeUndefined();
  expect(run.events.filter((e) => e.type === "request-failed")).toEqual([]);
  const text = terminal(run).replace(/\s+/g, " ");
  expect(text).toMatch(/lunch order-sandwich mailbox stored \(its reply, not collected: ok 🥪\)/);
  expect(html(run)).toMatch(/<td class="open">stored/);
});

test.concurrent("a stopped requester receives nothing, and a reply that it collects later is reported once", async ({
  expect,
}) => {
  const run = await play(
    file(
      "{}",
      `
  - send: { from: alice, order: order-bagel, as: lunch, id: lunch-1 }
  - { stop: alice, after: lunch.stored }
  - start: alice
  - start: bob
  - { expect: { events.alice.orphaned-reply: 1, events.lunch.orphaned-reply: 1 }, after: alice.orphaned-reply }
  - collect: { request: lunch, timeout: 5s }
  - expect: { lunch: ok 🥯, duration.lunch.collected: "> 0ms" }`,
    ),
  );
  expect(run.result.reason).toBeUndefined();
  expect(run.result.counts).toEqual({ requested: 1, stored: 1, executed: 1, replied: 1, collected: 1 });
});
