// The bound on what is on its way: never more at a time, in the order of the calls, and nobody is forgotten.
import fc from "fast-check";
import { expect, test } from "vitest";
import { OutstandingLimit } from "../internal/requester.js";

/** Work that says when it began and ends when it is told to. */
function workshop(turns: OutstandingLimit) {
  const begun: number[] = [];
  const running = new Map<number, () => void>();
  return {
    begun,
    running,
    take: (name: number, signal?: AbortSignal) =>
      turns.take(
        () =>
          new Promise<void>((resolve) => {
            begun.push(name);
            running.set(name, resolve);
          }),
        signal,
      ),
    finish: async (name: number) => {
      running.get(name)?.();
      running.delete(name);
      await settled();
    },
  };
}

/** Every promise that can go on has gone on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("at most the limit runs at a time, in the order of the calls", async () => {
  const acts = fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), acts, async (bound, script) => {
      const turns = new OutstandingLimit({ maxOutstanding: bound });
      const { begun, running, take, finish } = workshop(turns);
      const calls: Promise<void>[] = [];
      const endOne = (n: number) => finish([...running.keys()][n % running.size] as number);
      for (const n of script) {
        if (n < 5) calls.push(take(calls.length));
        else if (running.size > 0) await endOne(n);
        await settled();
        expect(running.size).toBeLessThanOrEqual(bound);
        // Nobody waits while there is room.
        expect(running.size).toBe(Math.min(bound, calls.length - (begun.length - running.size)));
      }
      const idle = turns.idle();
      while (running.size > 0) await endOne(0);
      await Promise.all([...calls, idle]);
      expect(begun).toEqual(calls.map((_, i) => i));
    }),
    { numRuns: 150 },
  );
});

test("an aborted waiter rejects at once and does not take a turn", async () => {
  const turns = new OutstandingLimit({ maxOutstanding: 1 });
  const { begun, take, finish } = workshop(turns);
  const first = take(0);
  const abort = new AbortController();
  const second = take(1, abort.signal);
  const third = take(2);
  abort.abort(new Error("no longer wanted"));
  await expect(second).rejects.toThrow("no longer wanted");
  await finish(0);
  await finish(2);
  await Promise.all([first, third, turns.idle()]);
  expect(begun).toEqual([0, 2]);
});

test("failed work frees its place", async () => {
  const turns = new OutstandingLimit({ maxOutstanding: 1 });
  const failing = turns.take(() => Promise.reject(new Error("broken")));
  const next = turns.take(async () => "done");
  await expect(failing).rejects.toThrow("broken");
  expect(await next).toBe("done");
  await turns.idle();
});
