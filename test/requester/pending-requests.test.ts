// The table of pending requests: how one reply after another is counted, and what a time-out leaves in the table.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import type { RequesterEvent } from "../../src/index.js";
import { defaultNames } from "../internal/protocol.js";
import { PendingRequest, PendingRequests, ReceivedReply } from "../internal/requester.js";

const reply = new ReceivedReply("ok", Buffer.from("🥪"), { data: Buffer.from("🥪") });

function tableWith(id: string, timeoutMs: number) {
  const events: RequesterEvent[] = [];
  const overdue: PendingRequest[] = [];
  const results: unknown[] = [];
  const observe = (event: RequesterEvent) => void events.push(event);
  const onOverdue = (request: PendingRequest) => void overdue.push(request);
  const pending = new PendingRequests({ names: defaultNames, name: "alice", store: undefined, observe, onOverdue });
  const add = (id: string, timeoutMs: number) => {
    const settled = (result: unknown) => void results.push(result);
    const request = new PendingRequest(id, "requests.a", timeoutMs, "keep", settled, settled);
    pending.add(request, timeoutMs);
    return request;
  };
  const types = () => events.map((e) => (e.type === "received" && e.late ? "late" : e.type));
  const stop = () => pending.close(new Error("closed"), new Error("closed"));
  return { pending, request: add(id, timeoutMs), add, results, overdue, types, stop };
}

test("a reply that was read, and arrives afterwards, is one reply; the next one belongs to no request", () => {
  const { pending, request, results, types, stop } = tableWith("r1", 1e9);
  pending.settleRead(request, reply);
  pending.settle("r1", reply);
  expect([results, pending.orphaned, types()]).toEqual([[reply], 0, ["received"]]);
  pending.settle("r1", reply);
  expect([pending.orphaned, types()]).toEqual([1, ["received", "orphaned-reply"]]);
  stop();
});

test("a reply that arrived first is not read again", () => {
  const { pending, request, types, stop } = tableWith("r1", 1e9);
  pending.settle("r1", reply);
  pending.settleRead(request, reply);
  expect([pending.orphaned, types()]).toEqual([0, ["received"]]);
  stop();
});

test("a reply that is read after its request was given up is late, once", () => {
  const { pending, request, types, stop } = tableWith("r1", 1e9);
  pending.giveUp(request, { late: true });
  pending.settleRead(request, reply);
  expect(types()).toEqual(["late"]);
  pending.settle("r1", reply);
  expect([pending.orphaned, types()]).toEqual([0, ["late"]]);
  stop();
});

test("a late reply that arrives while its mailbox is read is late once", () => {
  const { pending, request, types, stop } = tableWith("r1", 1e9);
  pending.giveUp(request, { late: true });
  pending.settle("r1", reply);
  pending.settleRead(request, reply);
  expect([pending.orphaned, types()]).toEqual([0, ["late"]]);
  stop();
});

test("the status that the requester stored itself is no reply, and a responder's reply after it is late", () => {
  const { pending, request, types, stop } = tableWith("r1", 1e9);
  pending.giveUp(request, { late: true, copyExpected: true });
  pending.settle("r1", reply);
  expect([pending.orphaned, types()]).toEqual([0, []]);
  pending.settle("r1", reply);
  expect([pending.orphaned, types()]).toEqual([0, ["late"]]);
  stop();
});

test("an overdue request is reported once, and can still end with a reply", async () => {
  const { pending, request, add, results, overdue, stop } = tableWith("long", 60_000);
  const short = add("short", 5);
  await expect.poll(() => overdue).toEqual([short]);
  expect(pending.get("short")).toBe(short);
  expect(pending.waiting).toBe(2);
  expect(pending.open()).toEqual([request, short]);
  pending.settle("short", reply);
  expect([results, pending.get("short"), pending.waiting]).toEqual([[reply], undefined, 1]);
  pending.settle("short", reply);
  expect([results, pending.orphaned]).toEqual([[reply], 1]);
  stop();
});

test("only the last 10,000 requests that were given up are known: an older one's reply counts as no request's", () => {
  const { pending, request, add, types, stop } = tableWith("r1", 1e9);
  pending.giveUp(request, { late: true });
  for (let n = 0; n < 10_000; n++) pending.giveUp(add(`n${n}`, 1e9), { late: true });
  expect(pending.waiting).toBe(0);
  pending.settle("r1", reply);
  pending.settle("n0", reply);
  expect([pending.orphaned, types()]).toEqual([1, ["orphaned-reply", "late"]]);
  stop();
});

test("an id that was given up and is sent again settles the second request alone", () => {
  const { pending, request, add, results, types, stop } = tableWith("r1", 1e9);
  pending.giveUp(request, { late: true });
  pending.forgetEnded("r1");
  add("r1", 1e9);
  expect(pending.waiting).toBe(1);
  pending.settle("r1", reply);
  expect([results, types(), pending.waiting]).toEqual([[reply], ["received"], 0]);
  stop();
});

test("an ended request that is still referred to does not keep its reply in memory", async () => {
  const { pending, stop } = tableWith("r1", 1e9);
  const settle = async () => {
    let request: PendingRequest | undefined;
    const settled = new Promise((resolve, reject) => {
      request = new PendingRequest("r2", "requests.a", 1e9, "keep", resolve, reject);
      pending.add(request, 1e9);
    });
    pending.settle("r2", new ReceivedReply("ok", Buffer.alloc(8), { data: Buffer.alloc(8) }));
    return { request, reply: new WeakRef((await settled) as object) };
  };
  const { request, reply } = await settle();
  await new Promise((resolve) => setImmediate(resolve)); // a WeakRef holds its target until the end of the turn
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  expect([request?.isOpen, reply.deref()]).toEqual([false, undefined]);
  stop();
});
