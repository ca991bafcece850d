// The signal of a request in hand: there only when it is asked for.
import { expect, test, vi } from "vitest";
import { InHand } from "../internal/responder.js";

test("nothing is armed before the signal is read, and nothing stays behind", () => {
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

test("a deadline fires the signal, once, and is what it then ends as", () => {
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

test("a cancel that nobody listens to changes nothing; one that came before the signal is read has fired", () => {
  const one = new InHand();
  one.callOff("cancelled");
  expect(one.heeded).toBeUndefined();
  expect(one.signal.aborted).toBe(true);
  expect(one.signal.reason).toMatchObject({ name: "AbortError" });
  expect(one.heeded).toBe("cancelled");
});
