// Where a run's history goes: a folder that is made, or one clear error at once.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { explain } from "../internal/commands.js";
import { openRecorder } from "../internal/history.js";
import { createHistoryFolder } from "../internal/runner.js";

test("each run gets its own folder, with missing parents", () => {
  const root = mkdtempSync(join(tmpdir(), "test-histories-of-jsrr-"));
  expect(existsSync(createHistoryFolder(join(root, "a", "b"), "lunch"))).toBe(true);
  rmSync(root, { recursive: true });
});

test.runIf(process.platform !== "win32")("a history belongs to its user alone", () => {
  const root = mkdtempSync(join(tmpdir(), "test-histories-of-jsrr-"));
  const folder = createHistoryFolder(join(root, "a"), "lunch");
  const file = join(folder, "alice.ndjson");
  openRecorder(file, "alice").close();
  const modeOf = (path: string) => statSync(path).mode & 0o777;
  expect([join(root, "a"), folder, file].map(modeOf)).toEqual([0o700, 0o700, 0o600]);
  rmSync(root, { recursive: true });
});

test("the newest 50 histories of runs that held are kept, and all others", () => {
  const root = mkdtempSync(join(tmpdir(), "test-histories-of-jsrr-"));
  const saved = (scenario: string, verdict?: string) => {
    const folder = join(root, `${scenario}-20260304-050607-a`);
    mkdirSync(folder);
    const result = JSON.stringify({ format: 1, scenario, question: '"verdict": "held"', verdict }, null, 2);
    if (verdict) writeFileSync(join(folder, "result.json"), result);
  };
  saved("a-violated", "violated");
  saved("b-inconclusive", "inconclusive");
  saved("c-killed");
  for (let n = 10; n < 61; n++) saved(`held-${n}`, "held");
  const folder = createHistoryFolder(root, "lunch");
  const left = readdirSync(root);
  expect(left).toEqual(
    expect.arrayContaining(["a-violated", "b-inconclusive", "c-killed"].map((name) => `${name}-20260304-050607-a`)),
  );
  expect(left.filter((name) => name.startsWith("held-"))).toHaveLength(49); // and the new one
  expect(existsSync(folder)).toBe(true);
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
