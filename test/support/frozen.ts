// Whether a process that was sent SIGSTOP has stopped: on a busy machine its threads go on for a moment.
import { readdirSync, readFileSync } from "node:fs";

/** True once all its threads have stopped. Only Linux can say; elsewhere always true. */
export function frozen(pid: number): boolean {
  if (process.platform !== "linux") return true;
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.every((id) => /^State:\s+T/m.test(readFileSync(`/proc/${pid}/task/${id}/status`, "utf8")));
}
