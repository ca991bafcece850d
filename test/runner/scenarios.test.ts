// What some of the kit's scenarios tell in detail, each run once on a real server of its own. That every one of them holds
// is what `npm run scenarios` shows.
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { Run } from "../internal/history.js";
import { resultSchema } from "../internal/report.js";
import { runScenario } from "../internal/runner.js";
import { loadScenario, type Scenario } from "../internal/scenario.js";
import { folderOfFile } from "../support/folder.js";

const historyRoot = folderOfFile("histories");

const runs = new Map<string, Promise<Run>>();

async function validRun(scenario: Scenario): Promise<Run> {
  const run = await runScenario(scenario, { historyRoot });
  expect(resultSchema.parse(run.result)).toEqual(run.result);
  return run;
}

/** The run of this scenario, which begins when it is first asked for. */
function runOf(name: string): Promise<Run> {
  const file = fileURLToPath(new URL(`../../scenarios/${name}.yaml`, import.meta.url));
  const run = runs.get(name) ?? loadScenario(file).then(validRun);
  runs.set(name, run);
  return run;
}

test("offline-responder has queued, timed out, replied and collected in that order", async () => {
  const { events, result } = await runOf("offline-responder");
  const told = events.filter((e) => "request" in e).map((e) => e.type);
  const inOrder = ["requested", "stored", "timed-out", "delivered", "executed", "replied", "collected"];
  expect(told.filter((type) => inOrder.includes(type))).toEqual(inOrder);
  const givenUp = events.find((e) => e.type === "timed-out");
  expect(givenUp).toMatchObject({ remaining: 1, whereabouts: "queued" });
  expect(result.counts).toEqual({ requested: 1, stored: 1, executed: 1, replied: 1, collected: 1 });
});

test("the reply is stored before the request is acknowledged", async () => {
  const { events } = await runOf("order-menu");
  const bob = events.filter((e) => e.actor === "bob" && (e.type === "replied" || e.type === "acked"));
  expect(bob.map((e) => e.type)).toEqual(["replied", "acked", "replied", "acked"]);
});

test("order-menu prints what the page of NATS by Example has", async () => {
  const { result, events } = await runOf("order-menu");
  expect(result.requests.map(({ outcome }) => outcome)).toEqual(["ok 🥪", "ok 🥙", "timed-out"]);
  const givenUp = events.find((e) => e.type === "timed-out");
  expect(givenUp).toMatchObject({ remaining: 0, whereabouts: "gone" });
  expect(events.find((e) => e.type === "terminated")).toMatchObject({ reason: "no such order: order-drink" });
});

test("requester-gone has its reply collected by another process", async () => {
  const { events } = await runOf("requester-gone");
  const pids = events.flatMap((e) => (e.type === "actor-started" && e.name === "alice" ? [e.pid] : []));
  expect(new Set(pids).size).toBe(2);
  expect(events.some((e) => e.type === "actor-crashed" && e.signal === "SIGKILL")).toBe(true);
  expect(events.findLast((e) => e.type === "collected")).toMatchObject({ payload: "🥪" });
});

test("poison-order is copied, answered and then terminated at the third delivery", async () => {
  const { events } = await runOf("poison-order");
  const bob = events.filter((e) => e.actor === "bob" && "request" in e).map((e) => e.type);
  const attempt = ["delivered", "returned"];
  expect(bob).toEqual([...attempt, ...attempt, "delivered", "dead-lettered", "replied", "terminated"]);
});

test("dead-letter-replayed has its dead-lettered reply, the replay, and the reply in the same mailbox", async () => {
  const { events, result } = await runOf("dead-letter-replayed");
  const alice = events.flatMap((e) => (e.type === "received" || e.type === "collected" ? [e.status] : []));
  expect(alice).toEqual(["dead-lettered", "ok"]);
  expect(events.find((e) => e.type === "replayed")).toMatchObject({ stream: "REQUESTS", sequence: 2 });
  expect(result.verdict).toBe("held");
});

test("other-clients has each reply in the convention of its sender", async () => {
  const { events, result } = await runOf("other-clients");
  const said = events.flatMap((e) => (e.type === "replied" ? [`${e.request} ${e.payload}`] : []));
  expect(said.slice(0, 4)).toEqual([`nest-1 "🥪"`, `nest-2 "🥯"`, `quarkus-1 "🥙"`, "trial-1 🥯"]);
  expect(result.verdict).toBe("held");
});

test("forged-reply keeps the first message, and the text that no responder sent is found", async () => {
  const { events, result } = await runOf("forged-reply");
  const byHand = events.flatMap((e) => (e.type === "published" ? [`${e.subject} ${e.sequence}`] : []));
  expect(byHand).toEqual(["replies.alice.lunch-1 1", "replies.alice.snack-1 2"]);
  expect(result.checks.find(({ name }) => name === "no-phantom-replies")?.requests).toHaveLength(2);
  expect(result.verdict).toBe("held");
});

test("duplicate-gets-original is requested by two processes, executed once and received by both", async () => {
  const { events, result } = await runOf("duplicate-gets-original");
  const of = (type: string) => events.filter((e) => e.type === type).length;
  expect([of("requested"), of("received"), of("executed"), of("delivered")]).toEqual([2, 2, 1, 1]);
  expect(events.flatMap((e) => (e.type === "stored" ? [e.duplicate] : []))).toEqual([false, true]);
  expect(result.requests.map(({ as, outcome }) => [as, outcome])).toEqual([["lunch", "ok 🥪"]]);
});
