// The command line in a clone: compiles src/ if it changed, then runs `jsrr` in this same process. The compiler takes
// longer than a short scenario, so it runs only if a file is newer than its last success.
import { spawnSync } from "node:child_process";
import { readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const stamp = `${root}dist/.built`;

const changedAt = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs;
const filesIn = (folder) =>
  readdirSync(`${root}${folder}`, { recursive: true }).map((name) => `${root}${folder}/${name}`);
const sources = [...filesIn("src"), ...filesIn("demo")];
const inputs = [...sources, `${root}tsconfig.json`, `${root}tsconfig.build.json`, `${root}package-lock.json`];
const builtAt = changedAt(stamp) ?? 0;

if (inputs.some((path) => (changedAt(path) ?? Number.POSITIVE_INFINITY) > builtAt)) await build();
process.env.JSRR_CALLED = "npm run jsrr --"; // for hints that can be copied
await import("../dist/cli.js");

async function build() {
  process.stderr.write(builtAt === 0 ? "building, once (about 10 s)\n" : "building what changed\n");
  const startedAt = new Date();
  const compiler = createRequire(import.meta.url)
    .resolve("typescript/package.json")
    .replace("package.json", "bin/tsc");
  const { status } = spawnSync(process.execPath, [compiler, "-p", `${root}tsconfig.build.json`], {
    stdio: ["ignore", 2, 2],
  });
  if (status !== 0) process.exit(3);
  await import("./build-demo.mjs");
  writeFileSync(stamp, "");
  utimesSync(stamp, startedAt, startedAt); // a file that changed during the compilation is compiled next time
}
