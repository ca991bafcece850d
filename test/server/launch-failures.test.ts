import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { findServer, NatsServer, type ServerBinary, ServerDidNotStartError, startOf } from "../internal/server.js";
import { folder, script } from "./fakes.js";

let binary: ServerBinary;
beforeAll(async () => {
  binary = await findServer();
}, 60_000);

describe("a server that cannot start", () => {
  test("because its port is in use is reported", async () => {
    await using at = await folder();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    const starting = NatsServer.start({ binary, folder: at.path, port });
    await expect(starting).rejects.toThrow(ServerDidNotStartError);
    await expect(starting).rejects.toThrow(
      `port ${port} on 127.0.0.1 is taken by another process; choose another with --port`,
    );
    other.close();
  });

  test("because of its configuration is quoted", async () => {
    await using at = await folder();
    const wrong = (config: string) => NatsServer.start({ binary, folder: at.path, config });
    await expect(wrong("jetstraem: {}")).rejects.toThrow(
      /^nats-server \S+ ended with code 1 before it was ready: .*nats-server\.conf:2:\d: unknown field "jetstraem"$/,
    );
    await expect(wrong('cluster { name: x, listen: "nowhere.invalid:1" }')).rejects.toThrow(/before it was ready: .+/);
  });

  test("because its binary is missing is reported", async () => {
    await using at = await folder();
    const gone = { ...binary, path: join(at.path, "gone") };
    await expect(NatsServer.start({ binary: gone, folder: at.path })).rejects.toThrow(
      `${gone.path} cannot be started: spawn ${gone.path} ENOENT`,
    );
  });

  test("in time is killed and reported", async () => {
    await using at = await folder();
    const path = await script(at.path, "slow", "echo 'thinking' >&2; exec sleep 60");
    let spawned = 0;
    const slow = {
      binary: { ...binary, path },
      folder: at.path,
      timeoutMs: 1_000,
      onSpawn: (pid: number) => {
        spawned = pid;
      },
    };
    await expect(NatsServer.start(slow)).rejects.toThrow("took more than 1000 ms before it was ready: thinking");
    expect(startOf(spawned)).toBeUndefined();
  });

  test("because its disk is full is reported", async (context) => {
    await using at = await folder();
    const disk = join(at.path, "disk");
    mkdirSync(disk);
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], { stdio: "ignore" });
    } catch {
      context.skip("a small disk can only be mounted by root on Linux");
    }
    try {
      writeFileSync(join(disk, "filler"), Buffer.alloc(900_000));
      const full = `the disk that holds ${join(disk, "store")} is full; make room on it, or set TMPDIR to a folder on another disk`;
      await expect(NatsServer.start({ binary, folder: disk })).rejects.toThrow(full);
      await expect(NatsServer.start({ binary, folder: at.path, storeDir: join(disk, "store") })).rejects.toThrow(full);
    } finally {
      execFileSync("umount", [disk]);
    }
  });
});
