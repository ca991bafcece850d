// The processes that tests have started, so that none outlives its test file: a test that runs out of time disposes nothing.
import type { ChildProcess } from "node:child_process";

const running = new Set<ChildProcess>();

export function endWithTheFile(child: ChildProcess): void {
  running.add(child);
  child.once("close", () => running.delete(child));
}

export function endAll(): void {
  for (const child of running) child.kill("SIGKILL");
}
