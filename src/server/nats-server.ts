// One nats-server with JetStream: starts its process, signals it, and starts it again on the same port and store.
import { type ChildProcess, spawn } from "node:child_process";
import {
  closeSync,
  type FSWatcher,
  mkdirSync,
  openSync,
  readFileSync,
  statfsSync,
  statSync,
  watch,
  writeFileSync,
} from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as passed } from "node:timers/promises";
import type { ServerBinary } from "./source.js";

export interface StartOptions {
  binary: ServerBinary;
  /** Gets the configuration, the log and the ports file; and the store, unless `storeDir` is set. */
  folder: string;
  /** For messages, and to find it in a cluster. Default: `server`. */
  name?: string;
  /** Default: one that the operating system chooses. */
  port?: number;
  storeDir?: string;
  /** More nats-server configuration, e.g. `jetstream { sync_interval: always }`. */
  config?: string;
  args?: readonly string[];
  /** How long it may take to be ready, milliseconds. Default: 10,000. */
  timeoutMs?: number;
  /** Called synchronously right after the process was spawned, so that a run folder can adopt it. */
  onSpawn?: (pid: number) => void;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** The server could not be started; the message says why and what to do. */
export class ServerDidNotStartError extends Error {
  override name = "ServerDidNotStartError";
}

/** In the server's folder. The server reads it again at each restart. */
export const CONFIG_FILE = "nats-server.conf";

const stopMs = 5_000;

/**
 * - `start()` resolves when the server listens. A process that ends before, or is late, is a ServerDidNotStartError.
 * - `stop()`, `kill()` and `lameDuck()` resolve when the process is gone. If it ended by itself, they resolve with that exit.
 * - `restart()` keeps port, store and configuration; another binary is an upgrade.
 * - A server that is not running has no `pid`: what needs a process throws.
 * Its process keeps Node running until it is stopped. When Node exits, the process is killed.
 */
export class NatsServer implements AsyncDisposable {
  readonly name: string;
  readonly host = "127.0.0.1";
  readonly folder: string;
  readonly storeDir: string;
  readonly logFile: string;
  /** Resolves when the process ends without `stop()`, `kill()` or `lameDuck()`. */
  readonly died: Promise<Error>;
  #reportDeath!: (error: Error) => void;
  readonly #options: StartOptions;
  #port: number;
  #binary: ServerBinary;
  #process: ServerProcess | undefined;

  /** @throws ServerDidNotStartError */
  static async start(options: StartOptions): Promise<NatsServer> {
    const server = new NatsServer(options);
    await server.#launch();
    return server;
  }

  private constructor(options: StartOptions) {
    const { binary, folder, name = "server", port = 0 } = options;
    this.#options = options;
    this.#port = port;
    this.name = name;
    this.folder = folder;
    this.storeDir = options.storeDir ?? join(folder, "store");
    this.logFile = join(folder, "nats-server.log");
    this.#binary = binary;
    this.died = new Promise((resolve) => {
      this.#reportDeath = resolve;
    });
    this.#writeFolder();
  }

  get port(): number {
    return this.#port;
  }

  /** Of the binary that runs, or ran last. */
  get version(): string {
    return this.#binary.version;
  }

  get origin(): string {
    return this.#binary.origin;
  }

  get url(): string {
    return `nats://${this.host}:${this.#port}`;
  }

  get running(): boolean {
    return this.#process !== undefined;
  }

  get pid(): number {
    return this.#running().pid;
  }

  /** Of the present process. */
  get exited(): Promise<Exit> {
    return this.#running().exited;
  }

  /** SIGTERM: the server ends in good order. After 5 s: SIGKILL. */
  async stop(): Promise<Exit> {
    const { child } = this.#running();
    const late = setTimeout(() => child.kill("SIGKILL"), stopMs);
    // A paused process does not see SIGTERM before SIGCONT.
    return this.#end("SIGTERM", "SIGCONT").finally(() => clearTimeout(late));
  }

  /** SIGKILL, as in a crash. */
  async kill(): Promise<Exit> {
    return this.#end("SIGKILL");
  }

  /** SIGUSR2: the server asks its clients to reconnect to others, hands over its leaderships, and ends. */
  async lameDuck(): Promise<Exit> {
    return this.#end("SIGUSR2");
  }

  /** A server that still runs is stopped first. `binary`: another version, for this and each later start. @throws ServerDidNotStartError */
  async restart(binary = this.#binary): Promise<void> {
    if (this.running) await this.stop();
    this.#binary = binary;
    await this.#launch();
  }

  /** SIGSTOP: connections stay open, and the server answers nothing. Resolves when the process has stopped. */
  async pause(): Promise<void> {
    const { child, pid } = this.#running();
    child.kill("SIGSTOP");
    await standstill(pid);
  }

  /** SIGCONT. Harmless for a server that is not paused or not running. */
  resume(): void {
    this.#process?.child.kill("SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.running) await this.stop();
  }

  #running(): ServerProcess {
    if (this.#process) return this.#process;
    throw new Error(`The server ${this.name} is not running.`);
  }

  async #end(...signals: NodeJS.Signals[]): Promise<Exit> {
    const running = this.#running();
    running.ending = true;
    for (const signal of signals) running.child.kill(signal);
    const exit = await running.exited;
    this.#process = undefined;
    return exit;
  }

  #writeFolder(): void {
    const { folder, storeDir } = this;
    try {
      mkdirSync(join(folder, "ports"), { recursive: true });
      mkdirSync(storeDir, { recursive: true });
      writeFileSync(join(folder, CONFIG_FILE), `# Written for this run.\n${this.#options.config ?? ""}\n`);
    } catch (cause) {
      if (!isDiskFull(cause)) throw cause;
      throw new ServerDidNotStartError(diskFull(storeDir), { cause });
    }
    const disk = statfsSync(storeDir);
    if (disk.bavail * disk.bsize < leastFreeBytes) throw new ServerDidNotStartError(diskFull(storeDir));
  }

  async #launch(): Promise<void> {
    const { timeoutMs = 10_000, onSpawn } = this.#options;
    // A restarted server appends to the log.
    const logStart = statSync(this.logFile, { throwIfNoEntry: false })?.size ?? 0;
    const launched = await spawnServer(this.#binary.path, this.#arguments(), this.logFile, onSpawn);
    const { child, pid, exited } = launched;
    const listening = new AbortController();
    let how: string | undefined;
    const deadline = setTimeout(() => {
      how = `took more than ${timeoutMs} ms`;
      child.kill("SIGKILL");
    }, timeoutMs);
    try {
      const port = await Promise.race([
        clientPort(join(this.folder, "ports"), pid, listening.signal),
        exited.then(() => undefined),
      ]);
      if (port === undefined) {
        const { code, signal } = await exited;
        how ??= `ended with ${signal ?? `code ${code}`}`;
        throw new ServerDidNotStartError(await this.#whyItEnded(how, logStart));
      }
      this.#port = port;
    } catch (error) {
      child.kill("SIGKILL");
      await exited;
      throw error;
    } finally {
      clearTimeout(deadline);
      listening.abort();
    }
    this.#process = launched;
    void exited.then(({ code, signal }) => {
      if (launched.ending) return;
      this.#reportDeath(new Error(`nats-server ended by itself (${signal ?? `exit code ${code}`}).`));
    });
  }

  /** Flags win over the configuration, so that a test's configuration cannot move the store or the port by accident. */
  #arguments(): string[] {
    const { folder, host, storeDir } = this;
    return [
      ...["--config", join(folder, CONFIG_FILE), "--ports_file_dir", join(folder, "ports")],
      // -1: the operating system chooses.
      ...["--addr", host, "--port", `${this.#port || -1}`, "--jetstream", "--store_dir", storeDir],
      ...(this.#options.args ?? []),
    ];
  }

  /** One sentence from what the server logged before it ended, with what to do. */
  async #whyItEnded(how: string, logStart: number): Promise<string> {
    const log = (await readFile(this.logFile)).subarray(logStart).toString();
    if (/address already in use/.test(log)) {
      return `port ${this.#port} on ${this.host} is taken by another process; choose another with --port`;
    }
    if (/no space left on device|insufficient (storage )?resources/i.test(log)) return diskFull(this.storeDir);
    // Configuration errors come before the log and start with `nats-server:`.
    const lines = log.split("\n").filter((line) => line.trim() !== "");
    const errors = lines.filter((line) => /\[(FTL|ERR)\]|^nats-server: |^panic: /.test(line));
    const texts = (errors.length > 0 ? errors : lines.slice(-1))
      .slice(0, 3)
      .map((line) => line.replace(/^.*\[\w{3}\] |^nats-server: /, "").trim());
    return `nats-server ${this.version} ${how} before it was ready: ${texts.join("; ") || "it said nothing"}`;
  }
}

// The child process.

interface ServerProcess {
  child: ChildProcess;
  pid: number;
  exited: Promise<Exit>;
  /** It was signalled to end: its exit is no death. */
  ending: boolean;
}

const alive = new Set<ChildProcess>();

/**
 * Spawns with both outputs appended to `logFile`. @throws if the program cannot be started.
 * Detached, that is, in a session of its own: a Ctrl-C at the terminal reaches this process and not the server, which must
 * still run while a run drains. After a SIGKILL of this process the server stays behind, until `sweepRunFolders()` ends it.
 */
async function spawnServer(
  path: string,
  args: readonly string[],
  logFile: string,
  onSpawn?: (pid: number) => void,
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
  onSpawn?.(pid);
  const exited = new Promise<Exit>((resolve) => {
    child.once("exit", (code, signal) => {
      alive.delete(child);
      if (alive.size === 0) process.off("exit", killAll);
      resolve({ code, signal });
    });
  });
  return { child, pid, exited, ending: false };
}

function killAll(): void {
  for (const child of alive) child.kill("SIGKILL");
}

/** There is no event for a stopped process: only wait(2) of the parent shows it, and Node does not pass it on. */
const standstillPollMs = 1;
/** Without /proc. A process stops in far less time. */
const standstillGraceMs = 20;

/** Resolves when a process that was sent SIGSTOP has stopped or is gone: kill(2) returns before, and a busy machine is late. */
export async function standstill(pid: number): Promise<void> {
  if (process.platform !== "linux") return passed(standstillGraceMs);
  while (!["T", "t", undefined].includes(procStat(pid)[0])) await passed(standstillPollMs);
}

/** The fields of /proc/PID/stat (proc(5)) from the third on, the state: `T` if it is stopped. Empty if the process is gone. */
export function procStat(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Field 2, the command, may hold spaces and parentheses: count from its closing one.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}

// The ports file (`--ports_file_dir`): the server writes it when it listens.

/** Only if the system refuses another watch (Linux limits them per user). */
const portsPollMs = 20;

/** The client port of the server with this pid. Watches `folder` until the file is there, or until `signal` aborts. */
export function clientPort(folder: string, pid: number, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const look = () => readPort(folder, pid).then((port) => port !== undefined && settle(() => resolve(port)), fail);
    const stopWatching = onChange(folder, look);
    const settle = (outcome: () => void) => {
      stopWatching();
      signal.removeEventListener("abort", abort);
      outcome();
    };
    const fail = (error: unknown) => settle(() => reject(error));
    const abort = () => fail(signal.reason);
    signal.addEventListener("abort", abort);
    void look(); // the server may have written it before the watch began
  });
}

function onChange(folder: string, changed: () => void): () => void {
  let watcher: FSWatcher;
  try {
    watcher = watch(folder, changed);
  } catch {
    const timer = setInterval(changed, portsPollMs);
    return () => clearInterval(timer);
  }
  // A later failure of the watch shows as the time-out of the start.
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

// A full disk.

/** With less than this nothing can be stored. The server starts on a full disk, and refuses streams later. */
const leastFreeBytes = 1_000_000;

export function diskFull(folder: string): string {
  return `the disk that holds ${folder} is full; make room on it, or set TMPDIR to a folder on another disk`;
}

export const isDiskFull = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ENOSPC";
