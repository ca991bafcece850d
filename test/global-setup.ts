// Before any test: the compiled kit, because actors and commands run as real processes, and a nats-server. And a folder
// in the place of the user's own state, removed after all tests: a worker of vitest is ended without an `exit` event.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { findServer, sweepRunFolders } from "./internal/server.js";

const root = fileURLToPath(new URL("..", import.meta.url));
let done: Promise<string> | undefined;

declare module "vitest" {
  interface ProvidedContext {
    /** For XDG_STATE_HOME. */
    state: string;
  }
}

/** Both projects name this file; within one vitest process it works once. */
export default async function setup(project: TestProject): Promise<() => void> {
  done ??= prepare();
  const state = await done;
  project.provide("state", state);
  return () => rmSync(state, { recursive: true, force: true });
}

async function prepare(): Promise<string> {
  execFileSync("npm", ["run", "-s", "build"], { cwd: root, stdio: "inherit" });
  await sweepRunFolders();
  const { version, origin } = await findServer({ onProgress: (line) => console.log(line) });
  console.log(`The tests run on nats-server ${version}, from ${origin}.`);
  // Not "jsrr-": that is the prefix of run folders, which a sweep may remove.
  return mkdtempSync(join(tmpdir(), "test-state-of-jsrr-"));
}
