// A server with a leaf-node listener serves a young pull request although its inbox has no subscription any more.
import { afterAll, beforeAll, expect, test } from "vitest";
import { cancel, locate, RequestTimeoutError } from "../../src/index.js";
import { gate, harnessOn, soon } from "../support/harness.js";
import { startTestServer, type TestServer } from "../support/server.js";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ config: 'leafnodes { listen: "127.0.0.1:-1" }' });
});
afterAll(() => server[Symbol.asyncDispose]());

test("a request after a drain is queued, its cancel removes it, and the server has delivered nothing", async () => {
  await using w = await harnessOn(server);
  const alice = await w.requester();
  const bob = await w.responder();
  await alice.request("order-bagel"); // the pull request that follows is new
  await bob.drain();
  const error = await alice.request("order-bagel", "", { timeoutMs: 300 }).catch((e) => e);
  expect(error).toBeInstanceOf(RequestTimeoutError);
  const { handle } = error as RequestTimeoutError;
  expect((await locate(w.nc, handle)).where).toBe("queued");
  expect((await cancel(w.nc, handle)).outcome).toBe("removed");
  expect((await w.jsm.consumers.info("REQUESTS", "responder")).delivered.consumer_seq).toBe(1);
});

test("pause() NAKs what its open pull request still brings once, and resume() begins it", async () => {
  await using w = await harnessOn(server);
  await w.jsm.streams.purge("REQUESTS");
  const alice = await w.requester({ timeoutMs: 20_000 });
  const begun: string[] = [];
  const first = gate();
  const handlers = {
    work: async ({ id, deliveryCount }: { id: string; deliveryCount: number }) => {
      begun.push(`${id} ${deliveryCount}`);
      if (id === "first") await first.opened;
      return "done";
    },
  };
  const bob = await w.responder({ handlers, concurrency: 4 });
  const calls = [alice.request("work", "", { id: "first" })];
  await expect.poll(() => begun).toEqual(["first 1"]);
  const pausing = bob.pause();
  calls.push(alice.request("work", "", { id: "second" }));
  first.open();
  await pausing;
  expect(begun).toEqual(["first 1"]);
  // Delivered to the pull request or not: never more than once.
  expect(w.of("returned").length).toBeLessThanOrEqual(1);
  bob.resume();
  await Promise.all(calls);
  expect(begun).toHaveLength(2);
  await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
});

test("two responders that drain at once both end their pull requests", async () => {
  await using w = await harnessOn(server);
  await w.jsm.streams.purge("REQUESTS");
  const bob = await w.responder();
  const waiting = async () => (await w.jsm.consumers.info("REQUESTS", "responder")).num_waiting;
  await expect.poll(waiting, soon).toBe(1);
  const other = await w.responder({ name: "carol" });
  await expect.poll(waiting, soon).toBe(2);
  await Promise.all([bob.drain(), other.drain()]);
  expect(await waiting()).toBe(0);
});
