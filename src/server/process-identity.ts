// Tells a process from a later one that was given the same pid.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * When the process started, as text to compare; undefined when there is no such process or it is a zombie, which is dead
 * in all but name. Synchronous, because a spawned child must be on record before anything else happens.
 */
export const startOf: (pid: number) => string | undefined =
  process.platform === "linux" ? startFromProc : startFromPs;

/** Clock ticks since boot: field 22 of /proc/PID/stat (proc(5)). */
export function startFromProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Field 2, the command, may hold spaces and parentheses: count from its closing one.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** A date, to the second. */
export function startFromPs(pid: number): string | undefined {
  try {
    const env = { ...process.env, LC_ALL: "C", TZ: "UTC" };
    const line = execFileSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], {
      env,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [, state = "Z", started] = /^(\S+)\s+(.*\S)/.exec(line.trim()) ?? [];
    return state.startsWith("Z") ? undefined : started;
  } catch {
    return undefined;
  }
}
