// The child process of one nats-server: spawning it, and making sure that it does not outlive this process.
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface ServerProcess {
  pid: number;
  exited: Promise<Exit>;
  signal(name: NodeJS.Signals): void;
}

const alive = new Set<ChildProcess>();

/**
 * Spawns with both outputs appended to `logFile`. Throws when the program cannot be started.
 * Detached, that is, in a session of its own: a Ctrl-C at the terminal reaches us and not the server, which must still be
 * there while the run drains. On SIGKILL of this process it stays behind, for sweep.ts to find.
 */
export async function spawnServer(
  path: string,
  args: readonly string[],
  logFile: string,
  onSpawn: (pid: number) => void,
): Promise<ServerProcess> {
  const log = openSync(logFile, "a");
  const child = spawn(path, args, { stdio: ["ignore", log, log], detached: true });
  closeSync(log);
  const { pid } = child;
  if (pid === undefined) {
    const cause = await new Promise<Error>((resolve) => child.once("error", resolve));
    throw new Error(`${path} cannot be started: ${cause.message}`, { cause });
  }
  if (alive.size === 0) process.on("exit", killAll);
  alive.add(child);
  onSpawn(pid);
  const exited = new Promise<Exit>((resolve) => {
    child.once("exit", (code, signal) => {
      alive.delete(child);
      if (alive.size === 0) process.off("exit", killAll);
      resolve({ code, signal });
    });
  });
  return { pid, exited, signal: (name) => void child.kill(name) };
}

function killAll(): void {
  for (const child of alive) child.kill("SIGKILL");
}
