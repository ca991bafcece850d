// How many bytes a responder asks for at once: the server closes the connection of a client that has too much to read.
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Harness, type Harnesses, onPublish, soon, startHarnesses } from "../support/harness.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses("max_payload: 10MB");
});
afterAll(() => harnesses[Symbol.asyncDispose]());

const MiB = 1024 * 1024;

interface Pull {
  batch: number;
  max_bytes?: number;
  expires: number;
}

/** The pull requests of this connection, and the bytes that came for each. */
function pullsOf(w: Harness): Pull[] {
  const pulls: Pull[] = [];
  onPublish(w.nc, "$JS.API.CONSUMER.MSG.NEXT.", (_, payload) => pulls.push(JSON.parse(String(payload))));
  return pulls;
}

/** As a server with another limit says it. */
const maxPayload = (w: Harness, bytes: number) =>
  Object.defineProperty(w.nc, "info", { value: { ...w.nc.info, max_payload: bytes } });

const handlers = { work: ({ data }: { data: Uint8Array }) => `${data.length}` };

async function send(w: Harness, sizes: number[]) {
  const alice = await w.requester({ timeoutMs: 25_000 });
  return sizes.map((size) => alice.request("work", new Uint8Array(size)));
}

test("a pull request is bounded in bytes, and the next one follows at once when they are used up", async () => {
  await using w = await harnesses.next();
  const calls = await send(w, Array(30).fill(MiB));
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(30);
  maxPayload(w, MiB);
  const pulls = pullsOf(w);
  const began = performance.now();
  await w.responder({ handlers, concurrency: 500 });
  const replies = await Promise.all(calls);
  expect(replies.map(({ text }) => text)).toEqual(Array(30).fill(`${MiB}`));
  expect(w.of("delivered").map(({ delivery }) => delivery)).toEqual(Array(30).fill(1));
  expect(pulls.map(({ max_bytes }) => max_bytes)).toEqual(Array(pulls.length).fill(8 * MiB));
  // Seven or eight come at a time. With a pause of 250 ms after each pull request it would take a second.
  expect(pulls.length).toBeGreaterThanOrEqual(4);
  expect(performance.now() - began).toBeLessThan(5_000);
});

test("a pull request has room for the largest message", async () => {
  await using w = await harnesses.next();
  const pulls = pullsOf(w);
  await w.responder({ handlers, concurrency: 500 });
  const [call] = await send(w, [10_000_000 - 1_000]);
  expect((await call)?.text).toBe("9999000");
  expect(pulls[0]?.max_bytes).toBeGreaterThan(10_000_000);
});

test("a message that is larger than a pull request comes alone", async () => {
  await using w = await harnesses.next();
  const calls = await send(w, [100, 9 * MiB, 100]);
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(3);
  maxPayload(w, MiB);
  const pulls = pullsOf(w);
  await w.responder({ handlers, concurrency: 500 });
  expect((await Promise.all(calls)).map(({ text }) => text)).toEqual(["100", `${9 * MiB}`, "100"]);
  expect(pulls.filter(({ max_bytes }) => max_bytes === undefined).map(({ batch }) => batch)).toEqual([1]);
});

test("a pull request stays within the limits of the consumer", async () => {
  await using w = await harnesses.next();
  const { config } = await w.jsm.consumers.info("REQUESTS", "responder");
  await w.jsm.consumers.delete("REQUESTS", "responder");
  const limits = { max_batch: 3, max_bytes: 2 * MiB, max_expires: 2e9 };
  await w.jsm.consumers.add("REQUESTS", { ...config, ...limits });
  const pulls = pullsOf(w);
  await w.responder({ handlers, concurrency: 500 });
  const replies = await Promise.all(await send(w, Array(20).fill(MiB / 2)));
  expect(replies).toHaveLength(20);
  expect(w.of("delivered").map(({ delivery }) => delivery)).toEqual(Array(20).fill(1));
  for (const { batch, max_bytes, expires } of pulls) {
    expect(batch).toBeLessThanOrEqual(3);
    expect(max_bytes).toBe(2 * MiB);
    expect(expires).toBeLessThanOrEqual(2e9);
  }
});
