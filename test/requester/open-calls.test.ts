import { expect, test } from "vitest";
import { type Call, OpenCalls } from "../internal/requester.js";

function call(id: string, inMs: number): Call {
  const now = performance.now();
  return {
    id,
    subject: "x",
    sentAt: now,
    deadline: now + inMs,
    sequence: 0,
    onTimeout: "keep" as const,
    resolve() {},
    reject() {},
  };
}

test("an overdue call is reported once, and can still end with a reply", async () => {
  let overdue: Call | undefined;
  const calls = await new Promise<OpenCalls>((resolve) => {
    const open = new OpenCalls((c) => {
      overdue = c;
      resolve(open);
    });
    open.add(call("long", 60_000), 60_000);
    open.add(call("short", 5), 5);
  });
  expect(overdue?.id).toBe("short");
  expect(calls.get("short")).toBe(overdue);
  expect(calls.size).toBe(2);
  expect(calls.all().map((c) => c.id)).toEqual(["long", "short"]);
  expect(calls.take("short")).toBe(overdue);
  expect([calls.take("short"), calls.get("short"), calls.size]).toEqual([undefined, undefined, 1]);
  calls.stop();
});
