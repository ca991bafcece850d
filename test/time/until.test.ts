// Asking until there is an answer: what counts as one, and what is said when there is none.
import { expect, onTestFinished, test, vi } from "vitest";
import { until } from "../internal/time.js";

const patience = { everyMs: 0, withinMs: 10_000, late: "ORDERS had no leader" };

test("an error, undefined and false are no answers yet", async () => {
  const answers = [() => undefined, () => false as const, () => expect.fail("not yet"), () => 0];
  await expect(until(async () => answers.shift()?.(), patience)).resolves.toBe(0);
  expect(answers).toEqual([]);
});

test("when it is too late, the last cause is told", async () => {
  const error = new Error("no responders.");
  const asked = until(() => Promise.reject(error), { ...patience, withinMs: 0 });
  await expect(asked).rejects.toThrow("ORDERS had no leader within 0 s: no responders.");
  await expect(asked).rejects.toHaveProperty("cause", error);
});

test("a cause that is over is not told", async () => {
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

test("a signal breaks it off with its reason", async () => {
  const breakOff = new AbortController();
  const ask = async () => breakOff.abort(new Error("Ctrl-C"));
  await expect(until(ask, { ...patience, signal: breakOff.signal })).rejects.toThrow(/^Ctrl-C$/);
});
