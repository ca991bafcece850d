// Before any test: the compiled kit, because actors and commands run as real processes, and a nats-server.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { findServer, sweepRunFolders } from "../src/server/index.js";

const root = fileURLToPath(new URL("..", import.meta.url));
let done: Promise<void> | undefined;

/** Both projects name this file; within one vitest process it works once. */
export default function setup(): Promise<void> {
  done ??= prepare();
  return done;
}

async function prepare(): Promise<void> {
  execFileSync("npm", ["run", "-s", "build"], { cwd: root, stdio: "inherit" });
  await sweepRunFolders();
  await findServer({ onProgress: (line) => console.log(line) });
}
