// Leftovers of a command: its processes and folders. Every process of a run inherits its TMPDIR, so a private one finds
// them all, whatever their names.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface PrivateTemp extends Disposable {
  path: string;
  /** Names of files and folders still in it. */
  entries(): string[];
  /** `pid command` of every process that lives with this TMPDIR (Linux only; elsewhere always empty). */
  processes(): string[];
}

export function privateTemp(): PrivateTemp {
  const path = mkdtempSync(join(tmpdir(), "test-temp-of-jsrr-"));
  return {
    path,
    entries: () => readdirSync(path).filter((name) => !name.startsWith("node-compile-cache")),
    processes: () => processesWith(`TMPDIR=${path}\0`),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

function processesWith(setting: string): string[] {
  const pids = process.platform === "linux" ? readdirSync("/proc").filter((name) => /^\d+$/.test(name)) : [];
  return pids
    .filter((pid) => read(pid, "environ").includes(setting) && alive(pid))
    .map((pid) => `${pid} ${command(pid)}`);
}

/** A zombie holds nothing: it waits for its parent to ask for its exit code. */
const alive = (pid: string) => !/^State:\s+[ZX]/m.test(read(pid, "status"));
const command = (pid: string) => read(pid, "cmdline").replaceAll("\0", " ").trim();

function read(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return ""; // it ended in between
  }
}
