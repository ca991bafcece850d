// A power failure on a disk of its own: what was not synced is gone, and with `sync_interval: always` nothing is.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import { describe, expect, test } from "vitest";
import { canLosePower, createRunFolder, Disk, unmountAdopted } from "../internal/server.js";
import { startTestCluster } from "../support/server.js";
import { serverLacks } from "../support/server-version.js";
import { bench, publish } from "./bench.js";

const mounted = (path: string) => readFileSync("/proc/self/mounts", "utf8").includes(` ${path} `);

async function fails(syncInterval: string | undefined, lost: RegExp | undefined): Promise<void> {
  await using folder = await createRunFolder();
  const disk = await Disk.create(folder, "server", 64_000_000);
  const storeDir = () => join(disk.path, "store");
  await using cluster = await startTestCluster({ nodes: 1, storeDir, ...(syncInterval && { syncInterval }) });
  const nc = await cluster.connect("server", { reconnectTimeWait: 20 });
  await (await jetstreamManager(nc)).streams.add({ name: "REQUESTS", subjects: ["requests.>"] });
  await Promise.all(Array.from({ length: 100 }, (_, n) => nc.request("requests.x", `m${n}`)));
  const nodes = cluster.nodes.map((node) => Object.assign(node, { disk }));
  const at = bench({ cluster: { ...cluster, nodes } });
  const fault = await at.inject("power-failure");
  if (lost) expect(fault.bit(at.history)).toMatch(lost);
  const counted = at.history.find(({ type }) => type === "messages-counted");
  expect(counted).toMatchObject({ before: 100, after: lost ? 0 : 100 });
  await cluster.node("server").kill();
  await folder.release();
  expect(mounted(disk.path)).toBe(false);
}

describe.runIf(canLosePower())("a disk that the power can be taken from", () => {
  const unknown = serverLacks("sync_interval", "2.10.0");
  test("loses all messages with the default sync_interval", () => fails(undefined, /^0 of 100 messages/));
  test.skipIf(unknown)("loses no message with sync_interval always", () => fails("always", undefined));

  test("refuses what it has no room for until the fault is healed", async () => {
    await using folder = await createRunFolder();
    const disk = await Disk.create(folder, "server", 64_000_000);
    const storeDir = () => join(disk.path, "store");
    await using cluster = await startTestCluster({ nodes: 1, storeDir });
    const nc = await cluster.connect("server", { reconnectTimeWait: 20 });
    await (await jetstreamManager(nc)).streams.add({ name: "REQUESTS", subjects: ["requests.>"] });
    await nc.request("requests.x", "before");
    const at = bench({ cluster: { ...cluster, nodes: cluster.nodes.map((node) => Object.assign(node, { disk })) } });
    const fault = await at.inject("disk-full");
    const large = "x".repeat(200_000);
    expect(await publish(at, nc, "r1", 500, large)).toBe(false);
    await fault.heal();
    await expect.poll(() => publish(at, nc, "r2", 500, large), { timeout: 10_000 }).toBe(true);
    expect(fault.bit(at.history)).toMatch(/^a request failed/);
    const { state } = await (await jetstreamManager(nc)).streams.info("REQUESTS");
    expect(state.first_seq).toBe(1);
  });

  test("is unmounted by a sweep, and nothing outside the folder is", async () => {
    await using folder = await createRunFolder();
    const disk = await Disk.create(folder, "server", 16_000_000);
    await using other = await createRunFolder();
    other.adoptMount(disk.path);
    unmountAdopted(other.path);
    expect(mounted(disk.path)).toBe(true);
    unmountAdopted(folder.path);
    expect(mounted(disk.path)).toBe(false);
  });
});
