// Requests that the laboratory publishes in the place of another client: judged and timed as others are.
import { expect, test } from "vitest";
import { renderStory } from "../internal/report.js";
import { play } from "../support/scenario.js";

const headers = (id: string) => `headers: { Nats-Msg-Id: ${id}, Reply-To: replies.zoe.${id} }`;

test("a request by hand is timed from its publish, and one without a name counts as requested", async () => {
  const run = await play(`
scenario: test
question: Does it?
answer: It does.
requesters: { alice: {} }
responders: { bob: {} }
timeline:
  - publish: { as: nest, subject: requests.order-sandwich, ${headers("nest-1")} }
  - publish: { subject: requests.order-bagel, ${headers("other-1")} }
  - publish: { as: nest-again, subject: requests.order-sandwich, ${headers("nest-1")} }
  - publish: { subject: elsewhere.no.stream }
  - eventually: { stream.REPLIES.messages: 2, stream.REQUESTS.messages: 0 }
  - expect: { duration.nest.replied: "> 0ms" }
check: [no-phantom-replies, no-lost-requests, no-lost-replies]
`);
  const { result } = run;
  expect([result.reason, result.verdict]).toEqual([undefined, "held"]);
  expect(result.requests.map(({ as, outcome }) => [as, outcome])).toEqual([
    ["nest", "ok 🥪"],
    ["other-1", "ok 🥯"],
  ]);
  expect(result.counts).toEqual({ requested: 2, stored: 2, executed: 2, replied: 2, collected: 0 });
  expect(renderStory(run.events).replace(/\s+/g, " ")).toContain("a duplicate of message 1 of REQUESTS");
});
