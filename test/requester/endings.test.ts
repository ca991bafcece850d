// Time-out policies and cancels on a real server: each outcome is caused, and held against what the server holds.
import { headers } from "@nats-io/nats-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import {
  cancel,
  collect,
  type Handle,
  type HandlerRequest,
  InvalidInputError,
  locate,
  type Reply,
  Requester,
  RequestTimeoutError,
} from "../../src/index.js";
import { gate, type Harnesses, replyStatus, republishNothing, soon, startHarnesses } from "../support/harness.js";
import { timedOut } from "../support/rejection.js";
import { serverLacks } from "../support/server-version.js";

const noTtl = serverLacks("per-message TTLs, so that no request expires", "2.11.0");

let harnesses: Harnesses;
beforeAll(async () => {
  harnesses = await startHarnesses();
});
afterAll(() => harnesses[Symbol.asyncDispose]());

const handleOf = (request: string, sequence: number): Handle => ({
  requester: "alice",
  request,
  stream: "REQUESTS",
  sequence,
});

/** Works until it is told to stop. */
const untilStopped = ({ signal }: HandlerRequest) =>
  new Promise<string>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });

test("keep leaves a timed-out request queued, and the error says so", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester({ timeoutMs: 30 });
  const error = await timedOut(alice.request("order-bagel"));
  expect(error).toMatchObject({ outcome: "kept", findings: { whereabouts: "queued" } });
  expect(await w.count("REQUESTS")).toBe(1);
});

test("cancel removes a request whose time-out fires before its PubAck is read", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester({ timeoutMs: 5, onTimeout: "cancel" });
  const call = timedOut(alice.request("order-bagel"));
  const began = performance.now();
  while (performance.now() - began < 20); // computes
  expect(await call).toMatchObject({ outcome: "removed", handle: { sequence: 1 } });
});

test("cancel removes a queued request, stores a cancelled reply, and no later responder gets it", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester({ timeoutMs: 30, onTimeout: "cancel" });
  const error = await timedOut(alice.request("order-bagel", "", { id: "1" }));
  expect(error.outcome).toBe("removed");
  expect(error.message).toMatch(/It is removed: message 1 was deleted from REQUESTS, and the consumer had/);
  expect(w.of("timed-out")).toMatchObject([{ withdrawn: "removed", status: "cancelled" }]);
  expect(await w.count("REQUESTS")).toBe(0);
  expect(await collect(w.nc, error.handle)).toMatchObject({ status: "cancelled" });
  expect(await locate(w.nc, error.handle)).toMatchObject({ where: "ended", reply: { status: "cancelled" } });
  await w.responder();
  expect((await alice.request("order-flatbread", "", { timeoutMs: 20_000 })).text).toBe("🥙");
  expect(w.of("delivered")).toHaveLength(1);
  // What it stored itself came back to it, and is nobody's late reply.
  expect(alice.orphanedReplies).toBe(0);
  expect(w.of("received").filter((e) => e.late)).toEqual([]);
  expect(w.of("orphaned-reply")).toEqual([]);
});

test("cancel of a running request aborts its signal, and stores a cancelled reply before the ack", async () => {
  await using w = await harnesses.next();
  await w.responder({ handlers: { "order-bagel": untilStopped } });
  const late: [Reply, Handle][] = [];
  const onLateReply = (reply: Reply, handle: Handle) => void late.push([reply, handle]);
  const alice = await w.requester({ timeoutMs: 100, onTimeout: "cancel", onLateReply });
  const error = await timedOut(alice.request("order-bagel", "", { id: "1" }));
  expect(error).toMatchObject({ outcome: "already-running", findings: { whereabouts: "running" } });
  expect(await w.saw("received")).toMatchObject({ request: "1", late: true, status: "cancelled" });
  expect(late).toMatchObject([[{ status: "cancelled", text: "the requester cancelled it" }, error.handle]]);
  await w.saw("acked");
  const order = w.events.map((e) => e.type).filter((type) => ["called-off", "replied", "acked"].includes(type));
  expect(order).toEqual(["called-off", "replied", "acked"]);
  expect(w.of("executed")).toEqual([]);
});

test("a handler that ignores its signal is not stopped, and its result is the reply", async () => {
  await using w = await harnesses.next();
  const held = gate();
  await w.responder({ handlers: { "order-bagel": () => held.opened.then(() => "🥯") } });
  const alice = await w.requester({ timeoutMs: 100, onTimeout: "cancel" });
  const error = await timedOut(alice.request("order-bagel"));
  expect(error.outcome).toBe("already-running");
  held.open();
  expect(await w.saw("received")).toMatchObject({ late: true, status: "ok", payload: "🥯" });
});

test("a handler that throws without a cancel has the status error", async () => {
  await using w = await harnesses.next();
  const fail = ({ signal }: HandlerRequest) => {
    throw new Error(`no dough, aborted: ${signal.aborted}`);
  };
  await w.responder({ handlers: { "order-bagel": fail } });
  const alice = await w.requester();
  // A status that is not ok is a reply, not an exception.
  expect(await alice.request("order-bagel")).toMatchObject({ status: "error", text: "no dough, aborted: false" });
});

test("cancel resolves the call with a stored reply that the requester missed", async () => {
  await using w = await harnesses.next();
  await republishNothing(w);
  await w.responder();
  const alice = await w.requester({ timeoutMs: 100, onTimeout: "cancel" });
  expect(await alice.request("order-bagel")).toMatchObject({ status: "ok", text: "🥯" });
  expect(w.of("timed-out")).toEqual([]);
});

test("a cancel from another process removes the request once, and the second cancel finds the cancelled reply", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester({ timeoutMs: 20_000 });
  const call = alice.request("order-bagel", "", { id: "1" });
  const { sequence } = await w.saw("stored");
  const other = await w.connect();
  const done = await cancel(other, handleOf("1", sequence));
  expect(done).toMatchObject({ outcome: "removed", stored: { to: "replies.alice.1" } });
  expect(await call).toMatchObject({ status: "cancelled" }); // alice still waited
  const again = await cancel(other, handleOf("1", sequence));
  expect(again).toMatchObject({ outcome: "already-answered", reply: { status: "cancelled" } });
});

test("cancel does not delete another request under the same sequence", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester({ timeoutMs: 30 });
  await timedOut(alice.request("order-bagel", "", { id: "1" }));
  expect(await cancel(w.nc, handleOf("2", 1))).toMatchObject({ outcome: "unknown" });
  expect(await w.count("REQUESTS")).toBe(1);
  expect(await w.count("REPLIES")).toBe(0);
});

test("cancel never overwrites a reply in the mailbox", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester({ timeoutMs: 30 });
  await timedOut(alice.request("order-bagel", "", { id: "1" }));
  await w.nc.request("replies.alice.1", "🥯", replyStatus()); // from somebody who answers without the queue
  expect(await cancel(w.nc, handleOf("1", 1))).toMatchObject({ outcome: "already-answered", reply: { text: "🥯" } });
});

test.skipIf(noTtl)("expire removes a request at its time-out, and its headers carry the time-out", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester({ timeoutMs: 400, onTimeout: "expire" });
  const call = timedOut(alice.request("order-bagel", "", { id: "1" }));
  await w.saw("stored");
  const stored = await w.jsm.streams.getMessage("REQUESTS", { seq: 1 });
  expect(stored?.header.get("Nats-TTL")).toBe("61s"); // a minute for a responder to store the status
  expect(stored?.header.get("Request-Timeout")).toBe("400");
  expect((await call).outcome).toBe("removed");
  expect(w.of("timed-out")).toMatchObject([{ withdrawn: "removed", status: "expired" }]);
  expect(await collect(w.nc, handleOf("1", 1))).toMatchObject({ status: "expired" });
});

test.skipIf(noTtl)("a responder stores the status of a request that expired after its requester had gone", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester({ timeoutMs: 300, onTimeout: "expire" });
  alice.request("order-bagel", "", { id: "1" }).catch(() => {});
  await w.saw("stored");
  await alice.close();
  const overdue = /its time is over, and the next responder to receive it stores the status expired$/;
  await expect.poll(async () => (await locate(w.nc, handleOf("1", 1))).evidence, soon).toMatch(overdue);
  await w.responder();
  expect(await w.saw("terminated")).toMatchObject({ request: "1" });
  expect(w.of("executed")).toEqual([]);
  expect(await locate(w.nc, handleOf("1", 1))).toMatchObject({ where: "ended", reply: { status: "expired" } });
});

test.skipIf(noTtl)(
  "the server removes a request with Nats-TTL that no responder receives, and no status is stored",
  async () => {
    await using w = await harnesses.next();
    const h = headers();
    h.set("Nats-Msg-Id", "1");
    h.set("Reply-To", "replies.alice.1");
    h.set("Nats-TTL", "1s");
    await w.nc.request("requests.order-bagel", "", { headers: h, timeout: 5_000 });
    await expect.poll(() => w.count("REQUESTS"), soon).toBe(0);
    expect(await locate(w.nc, handleOf("1", 1))).toMatchObject({ where: "gone" });
  },
);

test.skipIf(noTtl)(
  "a deadline counts from when the server stored the request, and not by the responder's clock",
  async () => {
    await using w = await harnesses.next();
    const late = vi.spyOn(Date, "now").mockImplementation(() => performance.timeOrigin + performance.now() + 3_600_000);
    try {
      await w.responder();
      const alice = await w.requester({ timeoutMs: 20_000, onTimeout: "expire" });
      expect(await alice.request("order-bagel")).toMatchObject({ status: "ok" });
    } finally {
      late.mockRestore();
    }
  },
);

test("a responder does not run a request after its deadline, stores an expired reply and terminates it", async () => {
  await using w = await harnesses.next();
  const past = { "Reply-To": "replies.alice.1", "Nats-Msg-Id": "1", "Request-Deadline": String(Date.now() - 1) };
  const h = headers();
  for (const [name, value] of Object.entries(past)) h.set(name, value);
  await w.nc.request("requests.order-bagel", "", { headers: h, timeout: 5_000 });
  await w.responder();
  expect(await w.saw("called-off")).toMatchObject({ request: "1", status: "expired", begun: false });
  await w.saw("terminated");
  expect(await collect(w.nc, handleOf("1", 1))).toMatchObject({ status: "expired" });
  expect(w.of("executed")).toEqual([]);
});

test("a responder does not run a request whose cancel arrives before its delivery", async () => {
  await using w = await harnesses.next();
  await w.responder();
  await w.nc.flush();
  w.nc.publish("cancels.1", "");
  await w.nc.flush();
  const alice = await w.requester();
  expect(await alice.request("order-bagel", "", { id: "1" })).toMatchObject({
    status: "cancelled",
    text: "before it was begun",
  });
  expect(w.of("executed")).toEqual([]);
});

test.skipIf(noTtl)(
  "expire of a running request aborts its signal at the deadline, and the status is expired",
  async () => {
    await using w = await harnesses.next();
    await w.responder({ handlers: { "order-bagel": untilStopped } });
    const alice = await w.requester({ timeoutMs: 300, onTimeout: "expire" });
    const error = await alice.request("order-bagel").catch((e) => e);
    // Whichever clock comes first: the requester's own, or the responder's, whose reply then is in time.
    if (error instanceof RequestTimeoutError) {
      expect(["already-running", "already-answered"]).toContain(error.outcome);
      expect(await w.saw("received")).toMatchObject({ status: "expired" });
    } else expect(error).toMatchObject({ status: "expired" });
    expect(w.of("called-off")).toMatchObject([{ status: "expired", begun: true }]);
  },
);

test.skipIf(noTtl)("the signal fires at the deadline even if the responder receives no cancel", async () => {
  await using w = await harnesses.next();
  await w.responder({ handlers: { "order-bagel": untilStopped } });
  const alice = await w.requester({ timeoutMs: 300, onTimeout: "expire" });
  alice.request("order-bagel").catch(() => {});
  await w.saw("delivered");
  await alice.close();
  expect(await w.saw("replied")).toMatchObject({ status: "expired", payload: "the deadline has passed" });
});

test("every pending call rejects if an observer throws or the connection closes", async () => {
  await using w = await harnesses.next();
  const observe = ({ type }: { type: string }) => {
    if (type === "status-stored") throw new Error("no more room in the history");
  };
  const alice = await w.requester({ timeoutMs: 30, onTimeout: "cancel", observe });
  expect(await timedOut(alice.request("order-bagel"))).toMatchObject({ outcome: "removed" });
  await expect(alice.request("order-bagel")).rejects.toThrow("no more room in the history");
  const nc = await w.connect();
  const ivan = await Requester.open(nc, { name: "ivan", timeoutMs: 30, onTimeout: "cancel" });
  const call = ivan.request("order-bagel").catch((error) => error);
  await nc.close(); // before, while or after it is withdrawn
  expect(["timed-out", "closed"]).toContain((await call).code);
});

test("an unknown time-out policy is refused by name, and nothing is sent", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester();
  await expect(alice.request("order-bagel", "", { onTimeout: "drop" as "keep" })).rejects.toThrow(InvalidInputError);
  expect(await w.count("REQUESTS")).toBe(0);
});

test("a reply without a pending call is counted", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester();
  await w.nc.request("replies.alice.stranger", "🥯", replyStatus());
  await expect.poll(() => alice.orphanedReplies, soon).toBe(1);
});

test("an inbox request that is cancelled leaves nothing in the mailbox", async () => {
  await using w = await harnesses.next();
  const alice = await w.requester({ reply: "inbox", timeoutMs: 30, onTimeout: "cancel" });
  expect(await timedOut(alice.request("order-bagel"))).toMatchObject({ outcome: "removed" });
  expect(await w.count("REPLIES")).toBe(0);
});
