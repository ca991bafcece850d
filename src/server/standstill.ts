// Waits until a process that was sent SIGSTOP stands still: the signal is on its way when kill(2) returns, and on a busy
// machine the process may answer something more.
import { readFileSync } from "node:fs";
import { setTimeout as passed } from "node:timers/promises";

/** There is no event for it: only the parent's wait(2) would say so, and Node does not pass it on. */
const pollMs = 1;
/** Elsewhere than on Linux nobody can be asked cheaply; it takes far less than this. */
const graceMs = 20;

/** Resolves when it is stopped, or gone. */
export async function standstill(pid: number): Promise<void> {
  if (process.platform !== "linux") return passed(graceMs);
  while (!["T", "t", undefined].includes(stateOf(pid))) await passed(pollMs);
}

/** `T` where it is stopped; undefined where it is gone (proc(5)). */
function stateOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2)[0];
  } catch {
    return undefined;
  }
}
