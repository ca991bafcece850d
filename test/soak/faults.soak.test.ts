// Random faults, shortly: three schedules with fixed seeds have no finding. `npm run soak:faults` plays as many as wanted.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

test("three schedules of random faults have no finding", { timeout: 60_000 }, () => {
  const keep = mkdtempSync(join(tmpdir(), "soak-faults-of-test-"));
  onTestFinished(() => rmSync(keep, { recursive: true, force: true }));
  execFileSync("npx", ["tsc", "-p", "soak/tsconfig.json"], { cwd: root, stdio: "inherit" });
  const args = ["dist/soak/run.js", "--seed", "13", "--runs", "3", "--keep", keep];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  expect(status, stdout + stderr).toBe(0);
  expect(stdout).toContain("3 of 3 schedules played, 0 with findings");
});
