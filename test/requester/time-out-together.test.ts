// Thousands of requests that time out together, as in an outage of the responders: one look at the queue is for all of them.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Requester, RequestTimeoutError } from "../../src/index.js";
import { type Harness, type Harnesses, onPublish, soon, startHarnesses } from "../support/harness.js";
import { timedOut } from "../support/rejection.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

const askAll = (alice: Requester, n: number) =>
  Promise.all(Array.from({ length: n }, () => timedOut(alice.request("work"))));

/** Questions to the JetStream API by this connection. */
function questionsOf(w: Harness): string[] {
  const questions: string[] = [];
  onPublish(w.nc, "$JS.API.", (subject) => questions.push(subject));
  return questions;
}

test("2,000 queued requests are looked for together, and each error says where its request is", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester({ timeoutMs: 1_000 });
  const questions = questionsOf(w);
  const errors = await askAll(alice, 2_000);
  const evidence = ({ handle: { sequence } }: RequestTimeoutError) =>
    `message ${sequence} is in REQUESTS, not yet delivered to any responder: no responder pulls`;
  expect(errors.every((error) => error instanceof RequestTimeoutError)).toBe(true);
  expect(errors.map(({ findings }) => findings.evidence)).toEqual(errors.map(evidence));
  expect(new Set(errors.map(({ findings }) => findings.whereabouts))).toEqual(new Set(["queued"]));
  expect(questions.length).toBeLessThan(500);
});

test("of 500 requests that a responder has in hand only the mailboxes are read one by one", async () => {
  await using w = await harnesses.next();
  const bob = await w.responder({ handlers: { work: () => new Promise<string>(() => {}) }, concurrency: 500 });
  const alice = await w.requester({ timeoutMs: 2_000 });
  const calls = askAll(alice, 500);
  await expect.poll(() => w.of("delivered").length, soon).toBe(500);
  const questions = questionsOf(w);
  const errors = await calls;
  expect(new Set(errors.map(({ findings }) => findings.whereabouts))).toEqual(new Set(["running"]));
  expect(questions.filter((subject) => subject.includes("DIRECT.GET")).length).toBeLessThanOrEqual(500);
  expect(questions.filter((subject) => !subject.includes("DIRECT.GET")).length).toBeLessThan(250);
  await bob.drain({ timeoutMs: 0 });
});

test("a request that was removed from the middle of the queue is not called queued", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester({ timeoutMs: 1_500 });
  const calls = askAll(alice, 100);
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(100);
  await w.jsm.streams.deleteMessage("REQUESTS", 50);
  const errors = await calls;
  const gone = errors.filter(({ findings }) => findings.whereabouts === "gone");
  expect(gone.map(({ handle }) => handle.sequence)).toEqual([50]);
  expect(errors.filter(({ findings }) => findings.whereabouts === "queued")).toHaveLength(99);
});

test("the numbers of a stream that was made anew say nothing of the requests before", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester({ timeoutMs: 1_500 });
  const calls = askAll(alice, 50);
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(50);
  const [{ config }, consumer] = [
    await w.jsm.streams.info("REQUESTS"),
    await w.jsm.consumers.info("REQUESTS", "responder"),
  ];
  await w.jsm.streams.delete("REQUESTS");
  await w.jsm.streams.add(config);
  await w.jsm.consumers.add("REQUESTS", consumer.config);
  for (let n = 0; n < 60; n++) await w.nc.request("requests.work", "another");
  const errors = await calls;
  expect(errors.map(({ findings }) => findings.whereabouts)).toEqual(Array(50).fill("unknown"));
  expect(errors[0]?.findings.evidence).toContain("is another request");
});

test("each of 1,000 calls ends two seconds after its time-out at most, although the server answers slowly", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester({ timeoutMs: 1_000, onTimeout: "cancel" });
  const publish = w.nc.publish.bind(w.nc);
  let delayMs = 300;
  w.nc.publish = (subject, payload, options) => {
    if (delayMs > 0 && subject.startsWith("$JS.API.")) setTimeout(() => publish(subject, payload, options), delayMs);
    else publish(subject, payload, options);
  };
  const began = performance.now();
  const errors = await askAll(alice, 1_000);
  // One after the other, 64 at a time, they take 15 seconds.
  expect(performance.now() - began).toBeLessThan(5_500);
  expect(errors.filter(({ outcome }) => outcome === "unknown").length).toBeGreaterThan(500);
  delayMs = 0;
  // What had no turn is withdrawn afterwards.
  await expect.poll(() => w.count("REQUESTS"), { timeout: 25_000 }).toBe(0);
});
