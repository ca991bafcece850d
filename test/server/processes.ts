// Processes of their own, for tests that kill them: they run the compiled kit.
import { type ChildProcess, fork, spawn } from "node:child_process";
import { symlinkSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { folderOfFile } from "../support/folder.js";

const dist = fileURLToPath(new URL("../../dist", import.meta.url));

/** A folder for the test file, in which a module can import the compiled kit as `./kit/server/...`. */
export function folderWithKit(): string {
  const path = folderOfFile("processes");
  writeFileSync(join(path, "package.json"), '{ "type": "module" }');
  symlinkSync(dist, join(path, "kit"));
  return path;
}

/**
 * Runs `body` as a module in a process of its own, which ends with the test at the latest. It can send
 * messages. `folder`: see `folderWithKit`.
 */
export async function run(folder: string, name: string, body: string): Promise<ChildProcess> {
  const file = join(folder, `${name}.js`);
  await writeFile(file, body);
  const child = fork(file, { stdio: ["ignore", "ignore", "ignore", "ipc"], execArgv: [] });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exitOf(child);
  });
  return child;
}

export const messageFrom = <T>(child: ChildProcess): Promise<T> =>
  new Promise((done, failed) => {
    child.once("message", (message) => done(message as T));
    child.once("exit", (code, signal) => failed(new Error(`ended with ${signal ?? code} and said nothing`)));
  });

export const exitOf = (child: ChildProcess): Promise<void> =>
  new Promise((done) => {
    if (child.exitCode !== null || child.signalCode !== null) done();
    else child.once("exit", () => done());
  });

/** A process that idles until it is killed. */
export async function idler() {
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
