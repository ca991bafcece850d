// What a matcher says when it fails is most of its worth: the messages are tested as text.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { afterAll, describe } from "vitest";
import type { RequestTimeoutError } from "../../src/index.js";
import { expect, type Lab, startLab, test } from "../../src/testing/vitest.js";
import { serverIs } from "../support/server-version.js";

const historyRoot = mkdtempSync(join(tmpdir(), "test-histories-of-jsrr-"));
afterAll(() => rmSync(historyRoot, { recursive: true }));

/** The message of the assertion that fails. */
async function failure(assertion: Promise<void>): Promise<string> {
  const error = await assertion.then(
    () => undefined,
    (thrown: Error) => thrown,
  );
  expect(error, "the assertion did not fail").toBeInstanceOf(Error);
  return (error as Error).message;
}

const now = { withinMs: 0 };
/** Gives up when the PubAck has come, also on a busy machine: without one its handle knows no sequence. */
const send = async (lab: Lab, id: string) => {
  const alice = await lab.requester();
  return alice.request("order-tea", "", { id, timeoutMs: 400 }).catch((e: RequestTimeoutError) => e.handle);
};

test("toEndWith compares the status and the text of a reply", async ({ responder, requester }) => {
  await responder({ "order-tea": "🍵" });
  const alice = await requester({ name: "alice" });
  const reply = await alice.request("order-tea");
  await expect(reply).toEndWith("ok");
  await expect(alice.request("order-tea")).toEndWith("ok", "🍵");
  await expect(reply).not.toEndWith("ok", "🥪");
  await expect(alice.request("order-coffee")).toEndWith("rejected");
  expect(await failure(expect(reply).toEndWith("ok", "🥪"))).toBe(
    'expected the request to end with ok "🥪", and it ended with ok "🍵"',
  );
  expect(await failure(expect(reply).not.toEndWith("ok"))).toBe(
    'expected the request not to end with ok, and it ended with ok "🍵"',
  );
  expect(await failure(expect(42).not.toEndWith("ok"))).toBe(
    "Expected expect(...).toEndWith() to be given a request's reply or its promise, got 42.",
  );
});

test("toEndWith reports a time-out with the place of the request", async ({ requester }) => {
  const alice = await requester();
  const unanswered = () => alice.request("order-tea", "", { timeoutMs: 400 });
  await expect(unanswered()).not.toEndWith("ok");
  expect(await failure(expect(unanswered()).toEndWith("ok"))).toMatch(
    /^expected the request to end with ok, and it has not ended: No reply within \d+ ms\. It is queued: message 2 is in REQUESTS/,
  );
});

test("toHaveRemaining compares the messages in a stream", async ({ lab }) => {
  await expect(lab).toHaveRemaining(0);
  await Promise.all([send(lab, "one"), send(lab, "two")]);
  await expect(lab).toHaveRemaining(2);
  await expect(lab).not.toHaveRemaining(1);
  await expect(lab.stream("REPLIES")).toHaveRemaining(0);
  expect(await failure(expect(lab).toHaveRemaining(0, { withinMs: 30 }))).toBe(
    [
      "expected REQUESTS to have 0 messages remaining, and it has 2 after 30 ms:",
      "  message 1: requests.order-tea (request one)",
      "  message 2: requests.order-tea (request two)",
    ].join("\n"),
  );
  expect(await failure(expect(lab.stream("REPLIES")).not.toHaveRemaining(0, now))).toBe(
    "expected REPLIES not to have 0 messages remaining, and it has",
  );
});

test("toHaveRemaining waits for the expected number", async ({ lab, responder }) => {
  await send(lab, "one");
  const emptied = expect(lab).toHaveRemaining(0, { withinMs: 10_000 });
  await responder({ "order-tea": "🍵" });
  await emptied;
});

test("toHaveReplyInMailbox finds a reply of a queue with names of its own", async () => {
  await using lab = await startLab({ names: { requests: { stream: "Jobs", subjects: "press.jobs.>" } } });
  const handle = await (await lab.requester()).send("order-tea");
  await expect(lab).not.toHaveReplyInMailbox(handle);
  await lab.responder({ "order-tea": "🍵" });
  await expect(lab).toHaveReplyInMailbox(handle);
  expect(await lab.locate(handle)).toMatchObject({ where: "replied" });
});

test("toHaveReplyInMailbox finds a stored reply", async ({ lab, responder }) => {
  const handle = await send(lab, "lunch");
  if (!("requester" in handle)) throw new Error("there was nobody to answer");
  await expect(lab).not.toHaveReplyInMailbox(handle);
  expect(await failure(expect(lab).toHaveReplyInMailbox(handle, { withinMs: 20 }))).toBe(
    "expected the mailbox of alice to hold the reply to lunch, and it is empty after 20 ms: message 1 is in REQUESTS, not yet delivered to any responder: no responder pulls (handle alice.lunch.REQUESTS.1)",
  );
  await responder({ "order-tea": "🍵" });
  await expect(lab).toHaveReplyInMailbox("alice.lunch.REQUESTS.1");
  expect(await failure(expect(lab).not.toHaveReplyInMailbox(handle))).toBe(
    'expected the mailbox of alice not to hold the reply to lunch, and it holds ok "🍵": REPLIES holds its reply (ok) as message 1 on replies.alice.lunch (handle alice.lunch.REQUESTS.1)',
  );
});

test("toHaveNoStuckMessages fails for a message that is out of deliveries", async ({ server }) => {
  await using lab = await startLab({ server, setup: { ackWaitMs: 100 } });
  await (await jetstreamManager(lab.nc)).consumers.update("REQUESTS", "responder", { max_deliver: 1 });
  await send(lab, "lunch");
  await expect(lab).toHaveNoStuckMessages();
  expect(await failure(expect(lab).not.toHaveNoStuckMessages(now))).toBe(
    "expected REQUESTS to have stuck messages, and all of its 1 message can still be delivered",
  );
  // Somebody takes it and never acknowledges it: at max_deliver the server keeps it, and delivers it no more.
  const consumer = await jetstream(lab.nc).consumers.get("REQUESTS", "responder");
  await consumer.next();
  // An older server notices when somebody asks for the next one.
  if (!serverIs("2.10.22")) await consumer.next({ expires: 1_000 });
  await expect(lab).not.toHaveNoStuckMessages({ withinMs: 10_000 });
  expect(await failure(expect(lab).toHaveNoStuckMessages(now))).toBe(
    [
      "expected REQUESTS to have no stuck messages, and 1 of 1 message can no longer be delivered (max_deliver is reached):",
      "  message 1: requests.order-tea (request lunch)",
    ].join("\n"),
  );
});

describe("toHoldScenario", () => {
  const lunch = (expected: string) => `scenario: my-lunch
question: Is there lunch?
answer: There is.
requesters: { alice: { timeout: 5s } }
responders: { bob: {} }
timeline:
  - request: { from: alice, order: order-sandwich, as: lunch }
  - within: 5s
    eventually: { lunch: "${expected}" }
check: [no-lost-requests]
`;

  test("passes for a scenario that holds, and fails for one that does not", async ({ runScenario }) => {
    const good = await runScenario(lunch("ok 🥪"), { historyRoot });
    await expect(good).toHoldScenario();
    const message = await failure(expect(good).not.toHoldScenario());
    expect(message).toMatch(/^expected scenario my-lunch not to hold, and it is held\n/);
  });

  test("reports the failed expectation with its line and the story", async () => {
    const text = lunch("ok 🥯").replace("within: 5s", "within: 1s");
    const message = await failure(expect(text).toHoldScenario({ historyRoot }));
    const shown = message.replace(/\d+\.\d\d s/g, "#.## s").replace(/History: .*|history: .*/, "history: ...");
    expect(shown).toMatch(/^expected scenario my-lunch to hold, and it is (violated|inconclusive): /);
    expect(shown).toContain('  lunch (scenario.yaml:9)\n    expected: "ok 🥯"\n    actual:   "ok 🥪"');
    expect(shown).toMatch(/What happened:\n\n {2}#\.## s {2}lab {6}runs my-lunch on nats-server/);
    expect(shown).toContain("replies ok 🥪 to lunch");
  });

  test("reports a mistake in the file with its place", async () => {
    const text = lunch("ok 🥪").replace("from: alice", "from: alise");
    expect(await failure(expect(text).toHoldScenario())).toMatch(/^scenario\.yaml:7:\d+: [\s\S]*did you mean "alice"/);
  });
});
