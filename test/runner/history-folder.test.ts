// Where a run's history goes: a folder that is made, or one clear error at once.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { explain } from "../internal/commands.js";
import { createHistoryFolder } from "../internal/runner.js";

test("each run gets its own folder, with missing parents", () => {
  const root = mkdtempSync(join(tmpdir(), "test-histories-of-jsrr-"));
  expect(existsSync(createHistoryFolder(join(root, "a", "b"), "lunch"))).toBe(true);
  rmSync(root, { recursive: true });
});

// Node's own recursive mkdir never comes back from there.
test.runIf(process.platform === "linux")("a place that is not writable is reported at once", () => {
  let error: unknown;
  try {
    createHistoryFolder("/proc/jsrr/histories", "lunch");
  } catch (thrown) {
    error = thrown;
  }
  expect(explain(error, false)).toMatch(/^Cannot use \/proc\/jsrr: .*; name another place with --history/);
});
