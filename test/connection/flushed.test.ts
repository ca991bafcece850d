// A connection that is closed before the server has answered: whoever waits for that hears of it, and does not wait for ever.
import { afterAll, beforeAll, expect, test } from "vitest";
import { ClosedError, collectMany, Requester } from "../../src/index.js";
import { flushed } from "../internal/connection.js";
import { startTestServer } from "../support/server.js";

let server: Awaited<ReturnType<typeof startTestServer>>;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const handle = { requester: "alice", request: "lunch", stream: "REQUESTS", sequence: 1 };

test("a requester, a sender, and who asks for several replies or comes back for them", async () => {
  const nc = await server.connect();
  const alice = await Requester.open(nc, { name: "alice" });
  const waiting = [
    flushed(nc),
    Requester.open(nc, { name: "bob" }),
    Requester.open(nc, { sendOnly: true, name: "carol" }),
    alice.requestMany("order-bagel").next(),
    collectMany(nc, handle, { timeoutMs: 60_000 }).next(),
  ];
  const ended = Promise.allSettled(waiting);
  await nc.close();
  for (const end of await ended) expect(end).toMatchObject({ reason: expect.any(ClosedError) });
  await expect(flushed(nc)).rejects.toThrow(ClosedError);
});
