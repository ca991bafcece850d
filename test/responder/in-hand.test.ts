// The signal of a request in hand: there only when it is asked for.
import { expect, test, vi } from "vitest";
import { InHand } from "../internal/responder.js";

test("a deadline has no timer before the signal is read, and none afterwards", () => {
  vi.useFakeTimers();
  try {
    const one = new InHand(Date.now() + 1000);
    expect(vi.getTimerCount()).toBe(0);
    const { signal } = one;
    expect(one.signal).toBe(signal);
    expect(vi.getTimerCount()).toBe(1);
    one.finish();
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test("a deadline aborts the signal once, and is the status", () => {
  vi.useFakeTimers();
  try {
    const one = new InHand(Date.now() + 1000);
    const { signal } = one;
    vi.advanceTimersByTime(999);
    expect(signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(signal.aborted).toBe(true);
    one.callOff("cancelled");
    expect(one.heeded).toBe("expired");
  } finally {
    vi.useRealTimers();
  }
});

test("a cancel without a reader of the signal changes nothing, and an earlier cancel has aborted a signal that is read later", () => {
  const one = new InHand();
  one.callOff("cancelled");
  expect(one.heeded).toBeUndefined();
  expect(one.signal.aborted).toBe(true);
  expect(one.signal.reason).toMatchObject({ name: "AbortError" });
  expect(one.heeded).toBe("cancelled");
});
