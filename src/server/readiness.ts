// Waits for the ports file in which nats-server says where it listens, once it does (`--ports_file_dir`).
import { type FSWatcher, watch } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Only used where the system refuses another watch (Linux limits them per user); there is no event to wait for then. */
const POLL_MS = 20;

/** The client port of the server with this pid. Watches `folder` until it is there, or until `signal` aborts. */
export function clientPort(folder: string, pid: number, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const look = async () => {
      const port = await readPort(folder, pid);
      if (port !== undefined) settle(() => resolve(port));
    };
    const stopWatching = onChange(folder, () => look().catch(fail));
    const settle = (outcome: () => void) => {
      stopWatching();
      signal.removeEventListener("abort", abort);
      outcome();
    };
    const fail = (error: unknown) => settle(() => reject(error));
    const abort = () => fail(signal.reason);
    signal.addEventListener("abort", abort);
    // It may have been written before the watch began.
    look().catch(fail);
  });
}

function onChange(folder: string, changed: () => void): () => void {
  let watcher: FSWatcher;
  try {
    watcher = watch(folder, changed);
  } catch {
    const timer = setInterval(changed, POLL_MS);
    return () => clearInterval(timer);
  }
  // A later failure of the watch is seen as the time-out of the start.
  watcher.on("error", () => watcher.close());
  return () => watcher.close();
}

/** Undefined while there is no file, or a half-written one: another change follows. */
async function readPort(folder: string, pid: number): Promise<number | undefined> {
  const name = (await readdir(folder)).find((file) => file.endsWith(`_${pid}.ports`));
  if (name === undefined) return undefined;
  const [, port] = /:(\d+)"/.exec(await readFile(join(folder, name), "utf8")) ?? [];
  return port === undefined ? undefined : Number(port);
}
