// Test runners end their workers with a signal (Ctrl-C, a time-out, a crash), and no exit handler of ours runs then. So a
// shell waits at a pipe that only this process holds open: however it ends, the server goes, and its folder too.
import { spawn } from "node:child_process";

const script = 'read -r _; kill -KILL "$1"; rm -rf "$2"';

/** Where there is no `sh`, the next start sweeps instead. Dispose it before the server is ended: pids are used again. */
export function guard(pid: number, folder: string): AsyncDisposable {
  const shell = spawn("sh", ["-c", script, "sh", String(pid), folder], {
    stdio: ["pipe", "ignore", "ignore"],
    // Out of reach of a Ctrl-C at the terminal.
    detached: true,
  });
  const gone = new Promise<void>((resolve) => {
    shell.once("close", () => resolve());
    shell.once("error", () => resolve());
  });
  shell.stdin.on("error", () => {}); // it ended before us
  // It is no reason for this process to go on.
  shell.unref();
  const pipe = shell.stdin as typeof shell.stdin & { unref?(): void };
  pipe.unref?.();
  return {
    [Symbol.asyncDispose]: async () => {
      shell.ref();
      shell.kill("SIGKILL");
      await gone;
    },
  };
}
