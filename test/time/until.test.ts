// Asking until there is an answer: what counts as one, and what is said when there is none.
import { expect, onTestFinished, test, vi } from "vitest";
import { until } from "../internal/time.js";

const patience = { everyMs: 0, withinMs: 10_000, late: "ORDERS had no leader" };

test("until() tries again after an error, undefined and false", async () => {
  const answers = [() => undefined, () => false as const, () => expect.fail("not yet"), () => 0];
  await expect(until(async () => answers.shift()?.(), patience)).resolves.toBe(0);
  expect(answers).toEqual([]);
});

test("until() reports the last cause at its deadline", async () => {
  const error = new Error("no responders.");
  const asked = until(() => Promise.reject(error), { ...patience, withinMs: 0 });
  await expect(asked).rejects.toThrow("ORDERS had no leader within 0 s: no responders.");
  await expect(asked).rejects.toHaveProperty("cause", error);
});

test("until() does not report an earlier cause that is over", async () => {
  let now = 0;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => now);
  onTestFinished(() => clock.mockRestore());
  const answers = [
    () => expect.fail("timeout"),
    () => {
      now = 60_000;
    },
  ];
  const asked = until(async () => answers.shift()?.(), { ...patience, withinMs: 30_000 });
  await expect(asked).rejects.toThrow(/^ORDERS had no leader within 30 s\.$/);
});

test("until() rejects with the reason of its signal", async () => {
  const breakOff = new AbortController();
  const ask = async () => breakOff.abort(new Error("Ctrl-C"));
  await expect(until(ask, { ...patience, signal: breakOff.signal })).rejects.toThrow(/^Ctrl-C$/);
});
