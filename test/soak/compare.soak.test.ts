// The whole comparison: every cell is what is known of it, SOAK_COMPARE times (default 1).
import { expect, test } from "vitest";
import { jsrr } from "../support/cli.js";

const times = Array.from({ length: Number(process.env.SOAK_COMPARE ?? 1) }, (_, n) => n + 1);

test.each(times)("every cell is as expected, time %i", { timeout: 180_000 }, async () => {
  const { code, stdout, stderr } = await jsrr(["compare"]);
  expect(code, stdout + stderr).toBe(0);
  expect(stderr.trim().split("\n")).toHaveLength(30);
});
