// What lies in a mailbox and is no reply: told, and never taken for one.
import { headers } from "@nats-io/nats-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { collect } from "../../src/index.js";
import { type Harnesses, soon, startHarnesses } from "../support/harness.js";

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

test("a foreign message in the mailbox does not end a pending call, and collect reports it", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester();
  const call = alice.request("order-bagel", "", { id: "lunch", timeoutMs: 1_000 });
  const stored = await w.saw("stored");
  // Anybody's publish with the mailbox as its reply subject: the server stores its PubAck there.
  w.nc.publish("requests.order-soup", "", { reply: "replies.alice.lunch" });
  const reason = "it has no header Reply-Status";
  expect(await w.saw("foreign-reply")).toMatchObject({ request: "lunch", reason });
  const findings = {
    whereabouts: "unknown",
    evidence: expect.stringContaining(`is no reply to request lunch: ${reason}`),
  };
  await expect(call).rejects.toMatchObject({ code: "timed-out", findings });
  expect(w.of("received")).toEqual([]);
  const handle = { requester: "alice", request: "lunch", stream: "REQUESTS", sequence: stored.sequence };
  await expect(collect(w.nc, handle)).rejects.toMatchObject({ code: "foreign-reply" });
});

test("a reply to another request does not end a collect that waits at the mailbox", async () => {
  await using w = await harnesses.next();
  const handle = { requester: "alice", request: "lunch", stream: "REQUESTS", sequence: 0 };
  const waiting = collect(w.nc, handle, { timeoutMs: soon.timeout });
  const h = headers();
  h.set("Reply-Status", "ok");
  h.set("Request-Id", "dinner");
  const told = expect(waiting).rejects.toThrow('its header Request-Id is "dinner"');
  await w.nc.flush();
  await w.nc.request("replies.alice.lunch", "🥩", { headers: h, timeout: 5_000 });
  await told;
});
