import { spawn } from "node:child_process";
import { mkdir, readdir, symlink, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { findServer } from "../../src/server/find.js";
import { startFromProc, startFromPs, startOf } from "../../src/server/process-identity.js";
import { createRunFolder } from "../../src/server/run-folder.js";
import { sweepRunFolders } from "../../src/server/sweep.js";
import { compile, exitOf, messageFrom, run } from "./compiled.js";
import { type Folder, folder } from "./fakes.js";

let at: Folder;
beforeAll(async () => {
  at = await folder();
  await compile(at.path);
}, 60_000);
afterAll(() => at[Symbol.asyncDispose]());

/** A process that idles until it is killed. */
async function idler() {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)"], { stdio: "ignore" });
  const ended = exitOf(child);
  return {
    pid: child.pid as number,
    ended,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

describe("a run folder", () => {
  test("is removed when it is released, with what still runs", async () => {
    await using parent = await folder();
    await using child = await idler();
    const runFolder = await createRunFolder(parent.path);
    runFolder.adopt(child.pid);
    await writeFile(join(runFolder.path, "file"), "");
    await runFolder.release();
    await child.ended;
    expect(await readdir(parent.path)).toEqual([]);
  });

  test("can be one of many in a process, which is not warned of a leak", async () => {
    await using parent = await folder();
    const warnings: Error[] = [];
    const warned = (warning: Error) => warnings.push(warning);
    process.on("warning", warned);
    const folders = await Promise.all(Array.from({ length: 20 }, () => createRunFolder(parent.path)));
    await Promise.all(folders.map((each) => each.release()));
    await new Promise(setImmediate);
    process.off("warning", warned);
    expect(warnings).toEqual([]);
    expect(await readdir(parent.path)).toEqual([]);
  });

  test.for(["process.exit(0)", 'throw new Error("uncaught")'])(
    "and its server do not outlive their process on %s",
    { timeout: 20_000 },
    async (ending) => {
      const parent = join(at.path, "exits", ending.slice(0, 5));
      const { child, said } = await owner(parent, ending);
      await exitOf(child);
      expect(await readdir(parent)).toEqual([]);
      await gone(said.server);
    },
  );
});

describe("a sweep", () => {
  test("ends the server of a killed run, and removes its folder", async () => {
    const parent = join(at.path, "killed");
    const { child, said } = await owner(parent, "");
    expect(sweepRunFolders(parent)).toEqual([]);
    expect(startOf(said.server)).toBeDefined();
    child.kill("SIGKILL");
    await exitOf(child);
    expect(startOf(said.server)).toBeDefined();
    expect(sweepRunFolders(parent)).toEqual([said.folder]);
    await gone(said.server);
    expect(await readdir(parent)).toEqual([]);
  }, 20_000);

  test("never touches a process that was given a dead one's pid", async () => {
    await using parent = await folder();
    await using innocent = await idler();
    const path = join(parent.path, "jsrr-reused");
    await mkdir(path);
    await writeFile(join(path, "owner.json"), ownerFile({ started: "another start" }));
    await writeFile(join(path, "children"), `${innocent.pid} another start\nhalf a li`);
    expect(sweepRunFolders(parent.path)).toEqual([path]);
    expect(startOf(innocent.pid)).toBeDefined();
  });

  test("leaves alone what is alive, new, elsewhere, or not a folder", async () => {
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
    const parent = join(at.path, "sweepers");
    for (let n = 0; n < 200; n++) {
      await mkdir(join(parent, `jsrr-${n}`, "store"), { recursive: true });
      await writeFile(join(parent, `jsrr-${n}`, "owner.json"), ownerFile({ started: "another start" }));
    }
    const sweeper = `import { sweepRunFolders } from "./out/server/sweep.js";
process.send("ready");
process.once("message", () => {
  process.send(sweepRunFolders(${JSON.stringify(parent)}).length);
  process.disconnect();
});`;
    const sweepers = await Promise.all(["s1", "s2", "s3"].map((name) => run(at.path, name, sweeper)));
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

describe("the start of a process", () => {
  test("is the same when asked again, and nothing once it ended", async () => {
    const child = await idler();
    const started = startOf(child.pid);
    expect(started).toBeDefined();
    expect(startOf(child.pid)).toBe(started);
    await child[Symbol.asyncDispose]();
    expect(startOf(child.pid)).toBeUndefined();
  });

  test("is told by ps where there is no /proc", async () => {
    expect(startFromPs(process.pid)).toMatch(/^\w{3} \w{3} +\d+ \d\d:\d\d:\d\d \d{4}$/);
    expect(startFromPs(4_194_305)).toBeUndefined();
    expect(startFromProc(4_194_305)).toBeUndefined();
  });
});

const ownerFile = (owner: { started: string; host?: string }) =>
  JSON.stringify({ pid: process.pid, host: hostname(), ...owner });

/** A process that owns a run folder and a real server in it, says so, and then runs `ending`. */
async function owner(parent: string, ending: string) {
  const binary = await findServer();
  await mkdir(parent, { recursive: true });
  // Registered before the process is, so it runs after that one's end: a failing test leaves no server behind.
  onTestFinished(() => void sweepRunFolders(parent));
  const child = await run(
    at.path,
    `owner-${ending.slice(0, 5).replace(/\W/g, "") || "idle"}`,
    `import { createRunFolder, startServer } from "./out/server/index.js";
const folder = await createRunFolder(${JSON.stringify(parent)});
const binary = ${JSON.stringify(binary)};
const server = await startServer({ binary, folder: folder.path, onSpawn: folder.adopt });
process.send({ folder: folder.path, server: server.pid }, () => { ${ending} });`,
  );
  return { child, said: await messageFrom<{ folder: string; server: number }>(child) };
}

/** A SIGKILL is not instant; the process is somebody else's child, so there is no event to wait for. */
const gone = (pid: number) => expect.poll(() => startOf(pid), { interval: 5 }).toBeUndefined();
