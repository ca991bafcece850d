import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { OneTimer } from "../internal/protocol.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function timer() {
  const fired: number[] = [];
  const started = performance.now();
  const one = new OneTimer(() => fired.push(performance.now() - started));
  return { fired, arm: (ms: number) => one.arm(started + ms), cancel: () => one.cancel() };
}

test("a timer fires at the earliest deadline, in whatever order deadlines are added", () => {
  const t = timer();
  for (const ms of [300, 100, 200]) t.arm(ms);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(1_000);
  expect(t.fired).toEqual([100]);
});

test("a timer can be armed again after it fired, and while it fires", () => {
  const t = timer();
  t.arm(100);
  vi.advanceTimersByTime(100);
  t.arm(150);
  vi.advanceTimersByTime(100);
  expect(t.fired).toEqual([100, 150]);
});

test("a past deadline fires at once, and a cancelled one never", () => {
  const t = timer();
  t.arm(-5);
  vi.advanceTimersByTime(0);
  expect(t.fired).toHaveLength(1);
  t.arm(50);
  t.cancel();
  vi.advanceTimersByTime(1_000);
  expect(t.fired).toHaveLength(1);
  t.arm(2_000);
  vi.advanceTimersByTime(1_000);
  expect(t.fired).toEqual([0, 2_000]);
});
