// bin/dev.mjs, which runs the command line in a clone: in a small project of its own, because a build of the kit takes seconds.
import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { folderOfFile } from "../support/folder.js";

const kit = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const root = folderOfFile("dev");

test("a line on stderr announces a build, and nothing else is printed", async () => {
  mkdirSync(join(root, "bin"));
  mkdirSync(join(root, "src"));
  mkdirSync(join(root, "demo"));
  copyFileSync(kit("bin/dev.mjs"), join(root, "bin/dev.mjs"));
  writeFileSync(join(root, "bin/build-demo.mjs"), "");
  symlinkSync(kit("node_modules"), join(root, "node_modules"));
  const build = {
    compilerOptions: { outDir: "dist", rootDir: "src", module: "nodenext", lib: ["es2022", "dom"] },
    include: ["src"],
  };
  writeFileSync(join(root, "tsconfig.build.json"), JSON.stringify(build));
  for (const name of ["tsconfig.json", "package-lock.json"]) writeFileSync(join(root, name), "{}");
  writeFileSync(join(root, "package.json"), '{ "type": "module" }');
  writeFileSync(join(root, "src/cli.ts"), "console.log('it ran');\n");
  const run = () => promisify(execFile)(process.execPath, [join(root, "bin/dev.mjs")]);

  expect(await run()).toEqual({ stdout: "it ran\n", stderr: "building, once (about 10 s)\n" });
  expect(await run()).toEqual({ stdout: "it ran\n", stderr: "" });
  const later = new Date(Date.now() + 1000);
  utimesSync(join(root, "src/cli.ts"), later, later);
  expect(await run()).toEqual({ stdout: "it ran\n", stderr: "building what changed\n" });
});
