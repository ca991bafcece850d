// What the compiler would have refused, and handles that lead elsewhere: told as what they are, and nothing is harmed.
import { afterAll, expect, test } from "vitest";
import {
  ClosedError,
  cancel,
  InvalidInputError,
  locate,
  Requester,
  type RequesterOptions,
  Responder,
} from "../../src/index.js";
import { orderHandlers } from "../internal/runner.js";
import { startHarnesses } from "../support/harness.js";

const harnesses = await startHarnesses();
afterAll(() => harnesses[Symbol.asyncDispose]());

test("an invalid payload is refused, and the other pending requests are answered", async () => {
  await using w = await harnesses.next();
  await w.responder();
  const alice = await w.requester({ timeoutMs: 20_000 });
  const bagel = alice.request("order-bagel");
  const none = alice.request("order-bagel", new Map([["for", "alice"]]));
  await expect(none).rejects.toThrow(/^Expected the payload to be text, bytes or an object, got Map\.$/);
  expect((await bagel).text).toBe("🥯");
  expect((await alice.request("order-bagel")).text).toBe("🥯");
  expect(alice.waiting).toBe(0);
});

test.each(["pigeon", "constructor"])("the reply strategy %s is refused", async (reply) => {
  await using w = await harnesses.next(false);
  const opened = w.requester({ reply: reply as unknown as RequesterOptions["reply"] } as RequesterOptions);
  await expect(opened).rejects.toThrow(`Expected reply to be inbox, mailbox, kv, got "${reply}".`);
});

test("cancel with a handle of another stream deletes nothing", async () => {
  await using w = await harnesses.next();
  await w.responder();
  await (await w.requester()).request("order-bagel", "", { id: "lunch" });
  const reply = { requester: "alice", request: "lunch", stream: "REPLIES", sequence: 1 };
  await expect(cancel(w.nc, reply)).rejects.toThrow(InvalidInputError);
  expect(await w.count("REPLIES")).toBe(1);
});

test("a request that the stream never had is not reported as gone", async () => {
  await using w = await harnesses.next();
  const never = { requester: "alice", request: "lunch", stream: "REQUESTS", sequence: 7 };
  const evidence = expect.stringMatching(/^REQUESTS never had a message 7 \(its last is 0\)/);
  expect(await cancel(w.nc, never)).toMatchObject({ outcome: "unknown", evidence });
  expect(await locate(w.nc, never)).toMatchObject({ where: "unknown", evidence });
});

test("a requester does not open on a closed connection, and throws ClosedError", async () => {
  await using w = await harnesses.next();
  const nc = await w.connect();
  await nc.close();
  await expect(Requester.open(nc, { name: "alice" })).rejects.toThrow(ClosedError);
  await expect(Requester.open(nc, { sendOnly: true, name: "alice" })).rejects.toThrow(ClosedError);
  await expect(Responder.start(nc, { name: "bob", handlers: orderHandlers })).rejects.toThrow(ClosedError);
});
