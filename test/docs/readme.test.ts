// The README's "As a library" program, compiled and run as its reader would: in a project of its own that has the kit
// installed, against a real server. What it prints is what its comment says.
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { scenarioOf } from "../support/scenario.js";
import { startTestServer } from "../support/server.js";
import { run } from "./example.js";
import { read } from "./page.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const [, section = ""] = read("README.md").split("\n## As a library\n");
const program = /^```ts\n([\s\S]*?)^```$/m.exec(section)?.[1] ?? "";
const promised = /console\.log\(.*\); \/\/ (.*)$/m.exec(program)?.[1];

/** A folder with the kit and its dependencies installed, as links. */
function project() {
  const path = mkdtempSync(join(tmpdir(), "test-project-of-jsrr-"));
  mkdirSync(join(path, "node_modules"));
  symlinkSync(root, join(path, "node_modules", "jetstream-request-reply-kit"));
  for (const name of ["@nats-io", "@types"]) {
    symlinkSync(join(root, "node_modules", name), join(path, "node_modules", name));
  }
  writeFileSync(join(path, "package.json"), '{ "type": "module" }');
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Node 20 knows neither types nor `await using`. @throws with what the compiler says. */
async function compile(folder: string): Promise<void> {
  const options = "--strict --target es2022 --lib es2023,esnext.disposable --module nodenext --types node";
  const tsc = join(root, "node_modules", ".bin", "tsc");
  await promisify(execFile)(tsc, [...options.split(" "), "readme.ts"], { cwd: folder }).catch((error) => {
    throw new Error(`The README's program does not compile:\n${error.stdout}`);
  });
}

test("the README's program compiles, prints what it promises, and ends", async () => {
  expect(promised).toMatch(/^ok /);
  await using server = await startTestServer();
  using folder = project();
  const address = "nats://127.0.0.1:4222";
  expect(program).toContain(address);
  writeFileSync(join(folder.path, "readme.ts"), program.replace(address, server.url));
  await compile(folder.path);
  await using process_ = run(process.execPath, [join(folder.path, "readme.js")], server.url);
  expect(await process_.ended).toEqual({ code: 0, output: `${promised}\n` });
});

test("the README's experiment is a scenario", () => {
  const experiment = /^```yaml\n([\s\S]*?)^```$/m.exec(read("README.md"))?.[1] ?? "";
  expect(experiment.trim().split("\n").length).toBeLessThanOrEqual(15);
  expect(scenarioOf(experiment).question).toBe(
    "Does a killed server lose a request that is being worked on?",
  );
});
