import { mkdir, readdir, symlink, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createRunFolder, startOf, sweepRunFolders } from "../internal/server.js";
import { folder } from "./fakes.js";
import { gone, owner } from "./owner.js";
import { exitOf, folderWithKit, idler, messageFrom, run } from "./processes.js";

const here = folderWithKit();

describe("a sweep", () => {
  test("ends the server of a killed run, and removes its folder", async () => {
    const parent = join(here, "killed");
    const { child, said } = await owner(here, parent, "");
    expect(sweepRunFolders(parent)).toEqual([]);
    expect(startOf(said.server)).toBeDefined();
    child.kill("SIGKILL");
    await exitOf(child);
    expect(startOf(said.server)).toBeDefined();
    expect(sweepRunFolders(parent)).toEqual([said.folder]);
    await gone(said.server);
    expect(await readdir(parent)).toEqual([]);
  }, 20_000);

  test("never kills a process that has a dead one's pid", async () => {
    await using parent = await folder();
    await using innocent = await idler();
    const path = join(parent.path, "jsrr-reused");
    await mkdir(path);
    await writeFile(join(path, "owner.json"), ownerFile({ started: "another start" }));
    await writeFile(join(path, "children"), `${innocent.pid} another start\nhalf a li`);
    expect(sweepRunFolders(parent.path)).toEqual([path]);
    expect(startOf(innocent.pid)).toBeDefined();
  });

  test("leaves everything that is alive, new, in another place, or not a folder", async () => {
    await using parent = await folder();
    const live = await createRunFolder(parent.path);
    const make = async (name: string, owner?: string) => {
      await mkdir(join(parent.path, name));
      if (owner !== undefined) await writeFile(join(parent.path, name, "owner.json"), owner);
    };
    await make("jsrr-new");
    await make("jsrr-half", '{"pid":');
    await make("jsrr-elsewhere", ownerFile({ started: "another start", host: "another host" }));
    await make("not-ours", ownerFile({ started: "another start" }));
    await symlink("not-ours", join(parent.path, "jsrr-link"));
    const before = await readdir(parent.path);
    expect(sweepRunFolders(parent.path)).toEqual([]);
    expect(await readdir(parent.path)).toEqual(before);
    await live.release();
  });

  test("removes an old folder without an owner", async () => {
    await using parent = await folder();
    const path = join(parent.path, "jsrr-old");
    await mkdir(path);
    const past = new Date(Date.now() - 61_000);
    await utimes(path, past, past);
    expect(sweepRunFolders(parent.path)).toEqual([path]);
  });

  test("shares the work with others that run at the same time", async () => {
    const parent = join(here, "sweepers");
    for (let n = 0; n < 200; n++) {
      await mkdir(join(parent, `jsrr-${n}`, "store"), { recursive: true });
      await writeFile(join(parent, `jsrr-${n}`, "owner.json"), ownerFile({ started: "another start" }));
    }
    const sweeper = `import { sweepRunFolders } from "./kit/server/index.js";
process.send("ready");
process.once("message", () => {
  process.send(sweepRunFolders(${JSON.stringify(parent)}).length);
  process.disconnect();
});`;
    const sweepers = await Promise.all(["s1", "s2", "s3"].map((name) => run(here, name, sweeper)));
    await Promise.all(sweepers.map(messageFrom));
    const counts = await Promise.all(
      sweepers.map((child) => {
        child.send("go");
        return messageFrom<number>(child);
      }),
    );
    expect(counts.reduce((sum, count) => sum + count)).toBe(200);
    expect(await readdir(parent)).toEqual([]);
    await Promise.all(sweepers.map(exitOf));
  }, 20_000);
});

const ownerFile = (owner: { started: string; host?: string }) =>
  JSON.stringify({ pid: process.pid, host: hostname(), ...owner });
