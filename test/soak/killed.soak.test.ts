// Again and again: a runner killed at a random moment leaves nothing. `npm run soak`, with SOAK_RUNS (default 50) and
// SOAK_SEED; before it, every scenario 50 times.
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { jsrr, startJsrr } from "../support/cli.js";
import { privateTemp } from "../support/leftovers.js";

const runs = Number(process.env.SOAK_RUNS ?? 50);
const seed = Number(process.env.SOAK_SEED ?? Date.now() % 1_000_000);
const numbered = Array.from({ length: runs }, (_, i) => i + 1);

/** mulberry32: a small seeded generator, so that a failing moment can be repeated. */
function random(n: number): number {
  let t = (seed + n * 0x6d2b79f5) | 0;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}

describe.each(["SIGINT", "SIGKILL"] as const)(`${seed}: killed with %s at a random moment`, (signal) => {
  test.each(numbered)("a run leaves nothing, run %i", async (n) => {
    using temp = privateTemp();
    const env = { TMPDIR: temp.path };
    await using run = startJsrr(["scenario", "offline-responder"], { env });
    await delay(random(n) * 2200); // the moment itself is what is drawn: nothing is waited for
    run.signal(signal);
    await run.ended;
    if (signal === "SIGKILL") await jsrr(["scenario", "no-responders", "--quiet"], { env });
    expect(temp.processes()).toEqual([]);
    expect(temp.entries()).toEqual([]);
  });
});
