// Launches a real nats-server with JetStream, and waits until it is ready.
import { mkdirSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ServerBinary } from "./binary.js";
import { diskFull, isDiskFull } from "./disk-full.js";
import { clientPort } from "./readiness.js";
import { type RunningServer, runningServer } from "./running-server.js";
import { type StartAttempt, whyItEnded } from "./server-log.js";
import { type ServerProcess, spawnServer } from "./server-process.js";

export interface StartOptions {
  binary: ServerBinary;
  /** Gets the configuration, the log and the ports file; and the store, unless `storeDir` says otherwise. */
  folder: string;
  /** Default: one that the operating system chooses. */
  port?: number;
  /** Default: 127.0.0.1. */
  host?: string;
  storeDir?: string;
  /** More nats-server configuration, e.g. `jetstream { sync_interval: always }`. */
  config?: string;
  args?: readonly string[];
  /** How long it may take to be ready, milliseconds. Default: 10,000. */
  timeoutMs?: number;
  /** Called synchronously right after the process was spawned, so that a run folder can adopt it. */
  onSpawn?: (pid: number) => void;
}

/** The server could not be started; the message says why and what to do. */
export class ServerDidNotStart extends Error {
  override name = "ServerDidNotStart";
}

/** In its folder. It is read again at each restart. */
export const CONFIG_FILE = "nats-server.conf";

/** With less than this nothing can be stored. The server itself starts happily on a full disk, and refuses streams later. */
const LEAST_FREE_BYTES = 1_000_000;

export async function startServer(options: StartOptions): Promise<RunningServer> {
  const storeDir = options.storeDir ?? join(options.folder, "store");
  try {
    mkdirSync(join(options.folder, "ports"), { recursive: true });
    mkdirSync(storeDir, { recursive: true });
    const text = options.config ?? "";
    writeFileSync(join(options.folder, CONFIG_FILE), `# Written for this run.\n${text}\n`);
  } catch (cause) {
    if (!isDiskFull(cause)) throw cause;
    throw new ServerDidNotStart(diskFull(storeDir), { cause });
  }
  const disk = statfsSync(storeDir);
  if (disk.bavail * disk.bsize < LEAST_FREE_BYTES) throw new ServerDidNotStart(diskFull(storeDir));
  return launch({ ...options, storeDir });
}

async function launch(options: StartOptions & { storeDir: string }): Promise<RunningServer> {
  const { binary, folder, storeDir, host = "127.0.0.1", port = 0, timeoutMs = 10_000 } = options;
  const logFile = join(folder, "nats-server.log");
  const logStart = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
  const attempt: StartAttempt = { version: binary.version, host, port, storeDir, logFile, logStart };
  const server = await spawnServer(binary.path, commandLine(options), logFile, options.onSpawn ?? (() => {}));
  const listening = await ready(server, join(folder, "ports"), attempt, timeoutMs);
  const place = { binary, host, port: listening, logFile, storeDir };
  return runningServer(server, place, () => launch({ ...options, host, port: listening }));
}

/** Flags win over the configuration, so that a test's configuration cannot lose the store or the port by accident. */
function commandLine({ folder, storeDir, host = "127.0.0.1", port = 0, args = [] }: StartOptions): string[] {
  const store = storeDir ?? join(folder, "store");
  return [
    ...["--config", join(folder, CONFIG_FILE), "--ports_file_dir", join(folder, "ports")],
    // -1 is nats-server's word for a port that the operating system chooses.
    ...["--addr", host, "--port", String(port === 0 ? -1 : port), "--jetstream", "--store_dir", store],
    ...args,
  ];
}

/** Readiness races early exit and the deadline; nothing is left running unless it is ready. */
async function ready(
  server: ServerProcess,
  portsFolder: string,
  attempt: StartAttempt,
  timeoutMs: number,
): Promise<number> {
  const settled = new AbortController();
  let late = false;
  const deadline = setTimeout(() => {
    late = true;
    server.signal("SIGKILL");
  }, timeoutMs);
  try {
    const endedEarly = server.exited.then(() => undefined);
    const port = await Promise.race([clientPort(portsFolder, server.pid, settled.signal), endedEarly]);
    if (port !== undefined) return port;
    const { code, signal } = await server.exited;
    const how = late ? `took more than ${timeoutMs} ms` : `ended with ${signal ?? `code ${code}`}`;
    throw new ServerDidNotStart(await whyItEnded(attempt, how));
  } catch (error) {
    server.signal("SIGKILL");
    await server.exited;
    throw error;
  } finally {
    clearTimeout(deadline);
    settled.abort();
  }
}
