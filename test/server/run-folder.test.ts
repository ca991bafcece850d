import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createRunFolder } from "../internal/server.js";
import { folder } from "./fakes.js";
import { gone, owner } from "./owner.js";
import { exitOf, folderWithKit, idler } from "./processes.js";

const here = folderWithKit();

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

  test("can be one of many in a process without a leak warning", async () => {
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
    "and its server are removed when their process ends on %s",
    { timeout: 20_000 },
    async (status) => {
      const parent = join(here, "exits", status.slice(0, 5));
      const { child, said } = await owner(here, parent, status);
      await exitOf(child);
      expect(await readdir(parent)).toEqual([]);
      await gone(said.server);
    },
  );
});
