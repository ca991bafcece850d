// Child processes of a test file: killed at its end, because a test that times out disposes nothing.
import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

const running = new Set<ChildProcess>();

export function endWithTheFile<T extends ChildProcess>(child: T): T {
  running.add(child);
  child.once("close", () => running.delete(child));
  return child;
}

export function endAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

const moduleOf = (script: string) => ["--input-type=module", "-e", script];

/** Runs a script as a module in a process of its own. */
export const startModule = (script: string, stdio: StdioOptions): ChildProcess =>
  endWithTheFile(spawn(process.execPath, moduleOf(script), { stdio }));

/** Runs a script as a module in a process of its own until that ends. `code` is null if a signal ended it. */
export async function runModule(script: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const stdio: ["ignore", "pipe", "pipe"] = ["ignore", "pipe", "pipe"];
  const child = endWithTheFile(spawn(process.execPath, moduleOf(script), { stdio }));
  const [[code], stdout, stderr] = await Promise.all([once(child, "close"), text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}

/** Runs a script as a module that kills its own process. @returns the signal that ended it. */
export async function signalOf(script: string): Promise<NodeJS.Signals | null> {
  const [, signal] = await once(startModule(script, "inherit"), "exit");
  return signal;
}
