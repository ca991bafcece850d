// A run whose responder is another program: it acks before the reply is stored, and dies. The kit's own dies at the same
// point of its work, and nothing is lost.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { brokenProgram } from "../fixtures/experiment.js";
import { runScenario } from "../internal/runner.js";
import { loadScenario } from "../internal/scenario.js";
import { folderOfFile } from "../support/folder.js";

const folder = folderOfFile("programs");

const file = join(folder, "dies.yaml");
writeFileSync(
  file,
  `scenario: dies
question: Is a request lost whose responder dies between its work and its reply?
answer: Not if it acks last.
setup: { ack_wait: 1s, storage: memory }
requesters: { alice: { timeout: 30s } }
responders: { bob: { crash: after-effect } }
timeline:
  - request: { from: alice, order: order-sandwich, as: lunch }
  - start: bob
    after: bob.actor-crashed
  - within: 10s
    eventually: { stream.REQUESTS.messages: 0 }
check: [no-lost-requests]
`,
);

test.concurrent.each([
  ["the kit's own responder", "held", {}, "ended and 0 stayed queued"],
  ["one that acks first", "violated", { bob: brokenProgram("acks-first") }, "1 of 1 stored request vanished"],
])("%s: %s", async (_who, verdict, programs, detail) => {
  const { result } = await runScenario(await loadScenario(file), { historyRoot: folder, programs });
  expect(result.checks).toMatchObject([{ verdict, detail: expect.stringContaining(detail) }]);
  if (verdict === "held") return;
  const [trail] = result.checks[0]?.trails ?? [];
  const bobs = trail?.events.filter(({ actor }) => actor === "bob").map(({ type }) => type);
  expect(bobs).toEqual(["delivered", "executed", "acked"]);
});

test("an actor's events before a moment are known at that moment, even if its channel is behind", async () => {
  const quiet = join(folder, "quiet.yaml");
  writeFileSync(
    quiet,
    `scenario: quiet
question: Is an execution known when its reply is?
answer: It is.
setup: { storage: memory }
requesters: { alice: {} }
responders: { bob: {} }
timeline:
  - request: { from: alice, order: order-sandwich, as: lunch }
  - expect: { lunch: ok 🥪, events.lunch.executed: 1 }
`,
  );
  const programs = { bob: brokenProgram("keeps-quiet") };
  const { result } = await runScenario(await loadScenario(quiet), { historyRoot: folder, programs });
  expect(result.reason).toBeUndefined();
});
