// Child processes of a test file: killed at its end, because a test that times out disposes nothing.
import type { ChildProcess } from "node:child_process";

const running = new Set<ChildProcess>();

export function endWithTheFile(child: ChildProcess): void {
  running.add(child);
  child.once("close", () => running.delete(child));
}

export function endAll(): void {
  for (const child of running) child.kill("SIGKILL");
}
