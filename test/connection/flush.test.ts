// A connection that is closed before the server has answered: whoever waits for that hears of it, and does not wait for ever.
import { afterAll, beforeAll, expect, test } from "vitest";
import { ClosedError, collectMany, Requester } from "../../src/index.js";
import { flushConnection } from "../internal/connection.js";
import { startTestServer } from "../support/server.js";

let server: Awaited<ReturnType<typeof startTestServer>>;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const handle = { requester: "alice", request: "lunch", stream: "REQUESTS", sequence: 1 };

test("closing the connection rejects every pending open, request and collect with ClosedError", async () => {
  const nc = await server.connect();
  const alice = await Requester.open(nc, { name: "alice" });
  const waiting = [
    flushConnection(nc),
    Requester.open(nc, { name: "bob" }),
    Requester.open(nc, { sendOnly: true, name: "carol" }),
    alice.requestMany("order-bagel").next(),
    collectMany(nc, handle, { timeoutMs: 60_000 }).next(),
  ];
  const ended = Promise.allSettled(waiting);
  await nc.close();
  for (const end of await ended) expect(end).toMatchObject({ reason: expect.any(ClosedError) });
  await expect(flushConnection(nc)).rejects.toThrow(ClosedError);
});
