// How one reply after another is counted: the call's own, a late one, the copy of one that was read, and one for no call.
import { expect, test } from "vitest";
import type { RequesterEvent } from "../../src/index.js";
import { type Call, handleOf, Settling } from "../internal/requester.js";

const reply = { status: "ok", text: "🥪" } as Parameters<Settling["settle"]>[1];
const handle = handleOf("alice", undefined, "r1", 1);

function waitingCall() {
  const events: RequesterEvent[] = [];
  const settling = new Settling({ observe: (event) => void events.push(event) }, () => {});
  const replies: unknown[] = [];
  const call = {
    ...{ id: "r1", subject: "requests.a", sentAt: 0, deadline: 1e9, sequence: 1, onTimeout: "keep" },
    ...{
      resolve: (one: unknown) => void replies.push(one),
      reject: (error: unknown) => void replies.push(error),
    },
  } as Call;
  settling.calls.add(call, 1e9);
  const told = () => events.map((e) => (e.type === "received" && e.late ? "late" : e.type));
  return { settling, call, replies, told };
}

test("a reply that is read and then received counts once, and the next one has no call", () => {
  const { settling, call, replies, told } = waitingCall();
  settling.settleRead(call, handle, reply);
  settling.settle("r1", reply);
  expect([replies, settling.orphaned, told()]).toEqual([[reply], 0, ["received"]]);
  settling.settle("r1", reply);
  expect([settling.orphaned, told()]).toEqual([1, ["received", "orphaned-reply"]]);
  settling.calls.stop();
});

test("a reply that was received first is not read again", () => {
  const { settling, call, told } = waitingCall();
  settling.settle("r1", reply);
  settling.settleRead(call, handle, reply);
  expect([settling.orphaned, told()]).toEqual([0, ["received"]]);
  settling.calls.stop();
});

test("a reply that is read after its call timed out is late once", () => {
  const { settling, call, told } = waitingCall();
  settling.leave(call, handle, new Error("time is up"));
  settling.settleRead(call, handle, reply);
  expect(told()).toEqual(["late"]);
  settling.settle("r1", reply);
  expect([settling.orphaned, told()]).toEqual([0, ["late"]]);
  settling.calls.stop();
});
