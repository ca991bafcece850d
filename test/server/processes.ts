// src/server as plain JavaScript, for tests that need processes of their own to kill.
import { type ChildProcess, execFile, fork, spawn } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";

const repository = resolve(import.meta.dirname, "../..");

/** Compiles into `folder/out`; the folder gets what Node needs to run it from there. */
export async function compile(folder: string): Promise<void> {
  const config = {
    extends: join(repository, "tsconfig.json"),
    compilerOptions: {
      noEmit: false,
      rootDir: join(repository, "src"),
      outDir: join(folder, "out"),
      typeRoots: [join(repository, "node_modules/@types")],
    },
    include: [join(repository, "src/server")],
  };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  await symlink(join(repository, "node_modules"), join(folder, "node_modules"));
  const tsc = join(repository, "node_modules/.bin/tsc");
  await promisify(execFile)(tsc, ["-p", join(folder, "tsconfig.json")]);
}

/**
 * Runs `body` as a module in a process of its own, which ends with the test at the latest. It can import
 * `./out/server/...` and send messages.
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
