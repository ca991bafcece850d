// A run that is killed while it has a disk mounted: the next start takes mount, loop device, processes and folder down.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { canLosePower, sweepRunFolders } from "../internal/server.js";
import { startJsrr } from "../support/cli.js";
import { type PrivateTemp, privateTemp } from "../support/leftovers.js";

if (!canLosePower()) console.log("skipped: a killed power failure needs Linux, root and loop devices");

let temp: PrivateTemp | undefined;
afterEach(() => {
  if (!temp) return;
  sweepRunFolders(temp.path); // whatever the test found: no mount outlives it
  temp[Symbol.dispose]();
});

const under = (text: string, path: string) => text.split("\n").filter((line) => line.includes(path));
const mounts = (path: string) => under(readFileSync("/proc/self/mounts", "utf8"), path);
const loops = (path: string) => under(execFileSync("losetup", ["-a"], { encoding: "utf8" }), path);

test.runIf(canLosePower())("a run that is killed during a power failure leaves nothing", async () => {
  temp = privateTemp();
  const { path, entries, processes } = temp;
  const env = { TMPDIR: path };
  await using run = startJsrr(["scenario", "power-failure", "--history", `${path}/histories`], { env });
  await run.says(/alice\s+requests/);
  run.child.kill("SIGKILL");
  await run.ended;
  expect(mounts(path)).toHaveLength(1);
  expect(loops(path)).toHaveLength(1);

  // What every run does first of all.
  expect(sweepRunFolders(path)).toHaveLength(1);
  expect(mounts(path)).toEqual([]);
  await expect.poll(() => loops(path), { timeout: 5000 }).toEqual([]); // the kernel lets go when the last file is closed
  await expect.poll(processes, { timeout: 5000 }).toEqual([]);
  expect(entries()).toEqual(["histories"]);
});
