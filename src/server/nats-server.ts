// Launches a real nats-server with JetStream, and waits until it is ready.

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
export class ServerDidNotStartError extends Error {
  override name = "ServerDidNotStartError";
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
    throw new ServerDidNotStartError(diskFull(storeDir), { cause });
  }
  const disk = statfsSync(storeDir);
  if (disk.bavail * disk.bsize < LEAST_FREE_BYTES) throw new ServerDidNotStartError(diskFull(storeDir));
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
    throw new ServerDidNotStartError(await whyItEnded(attempt, how));
  } catch (error) {
    server.signal("SIGKILL");
    await server.exited;
    throw error;
  } finally {
    clearTimeout(deadline);
    settled.abort();
  }
}

// The child process of one nats-server: spawning it, and making sure that it does not outlive this process.

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

interface ServerProcess {
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
async function spawnServer(
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

// Waits for the ports file in which nats-server says where it listens, once it does (`--ports_file_dir`).

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

// What can be done with a nats-server that runs: stop, kill, pause, resume; and with one that was stopped: start it again.

/** Like any child process it keeps Node running until it is stopped; when Node exits all the same, it is killed. */
export interface RunningServer extends AsyncDisposable {
  /** `nats://127.0.0.1:4222`. */
  url: string;
  host: string;
  port: number;
  pid: number;
  version: string;
  origin: string;
  logFile: string;
  storeDir: string;
  exited: Promise<Exit>;
  /** Graceful: SIGTERM, and SIGKILL when it has not ended after 5 s. */
  stop(): Promise<StoppedServer>;
  /** A crash: SIGKILL. Returns when the process is gone. */
  kill(): Promise<StoppedServer>;
  /** Freezes it (SIGSTOP): connections stay open, nothing answers. */
  pause(): void;
  resume(): void;
}

export interface StoppedServer extends Exit {
  /** Starts it again: same port, same store, same configuration. */
  restart(): Promise<RunningServer>;
}

const STOP_MS = 5_000;

/** What stays the same when it is started again. */
interface ServerPlace {
  binary: ServerBinary;
  host: string;
  port: number;
  logFile: string;
  storeDir: string;
}

/** @param restart launches it again at its place. */
function runningServer(
  server: ServerProcess,
  place: ServerPlace,
  restart: () => Promise<RunningServer>,
): RunningServer {
  const { binary, host, port, logFile, storeDir } = place;
  const end = async (): Promise<StoppedServer> => ({
    ...(await server.exited),
    restart,
  });
  const stop = async () => {
    server.signal("SIGTERM");
    // A frozen process would not see the signal before it is resumed.
    server.signal("SIGCONT");
    const impatience = setTimeout(() => server.signal("SIGKILL"), STOP_MS);
    return end().finally(() => clearTimeout(impatience));
  };
  return {
    ...{ url: `nats://${host}:${port}`, host, port, pid: server.pid, exited: server.exited },
    ...{ version: binary.version, origin: binary.origin, logFile, storeDir },
    stop,
    kill: () => {
      server.signal("SIGKILL");
      return end();
    },
    pause: () => server.signal("SIGSTOP"),
    resume: () => server.signal("SIGCONT"),
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}

// Turns what nats-server wrote before it gave up into one sentence with what to do.

interface StartAttempt {
  version: string;
  host: string;
  /** 0 when any port would have done. */
  port: number;
  storeDir: string;
  logFile: string;
  /** Where this attempt begins in the log: a restarted server appends to it. */
  logStart: number;
}

async function whyItEnded(attempt: StartAttempt, how: string): Promise<string> {
  const log = (await readFile(attempt.logFile)).subarray(attempt.logStart).toString();
  if (/address already in use/.test(log)) {
    return `port ${attempt.port} on ${attempt.host} is taken by another process; choose another with --port`;
  }
  if (/no space left on device|insufficient (storage )?resources/i.test(log))
    return diskFull(attempt.storeDir);
  return `nats-server ${attempt.version} ${how} before it was ready: ${itsOwnWords(log)}`;
}

/** Its fatal and error lines; configuration errors come before the log and start with `nats-server:`. */
function itsOwnWords(log: string): string {
  const lines = log.split("\n").filter((line) => line.trim() !== "");
  const telling = lines.filter((line) => /\[(FTL|ERR)\]|^nats-server: |^panic: /.test(line));
  const words = (telling.length > 0 ? telling : lines.slice(-1)).slice(0, 3);
  return (
    words.map((line) => line.replace(/^.*\[\w{3}\] |^nats-server: /, "").trim()).join("; ") ||
    "it said nothing"
  );
}

// Waits until a process that was sent SIGSTOP stands still: the signal is on its way when kill(2) returns, and on a busy
// machine the process may answer something more.

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

// A full disk, in one sentence.

export function diskFull(folder: string): string {
  return `the disk that holds ${folder} is full; make room on it, or set TMPDIR to a folder on another disk`;
}

/** Node's error for a write that found no room. */
export const isDiskFull = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ENOSPC";

// One nats-server of a run as something with a name that lasts while its process comes and goes.

export class ServerNode {
  readonly name: string;
  /** They stay the same over a restart. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly folder: string;
  readonly storeDir: string;
  readonly logFile: string;
  readonly version: string;
  readonly origin: string;
  /** Resolves when it ended without being asked to. */
  readonly died: Promise<Error>;
  #tellDied!: (error: Error) => void;
  #state: RunningServer | StoppedServer;
  #paused = false;

  private constructor(name: string, folder: string, server: RunningServer) {
    this.name = name;
    this.folder = folder;
    this.#state = server;
    ({ url: this.url, host: this.host, port: this.port, storeDir: this.storeDir } = server);
    ({ logFile: this.logFile, version: this.version, origin: this.origin } = server);
    this.died = new Promise((resolve) => {
      this.#tellDied = resolve;
    });
    this.#watch(server);
  }

  static async start(name: string, options: StartOptions): Promise<ServerNode> {
    return new ServerNode(name, options.folder, await startServer(options));
  }

  get running(): boolean {
    return "pid" in this.#state;
  }

  /** Frozen by {@link pause}. */
  get paused(): boolean {
    return this.#paused;
  }

  /** @throws where it does not run. */
  get pid(): number {
    return this.#server().pid;
  }

  /** SIGKILL. Resolves when the process is gone; a paused one can be killed, too. */
  async kill(): Promise<void> {
    await this.#end((server) => server.kill());
  }

  /** SIGTERM: it stops in good order. */
  async terminate(): Promise<void> {
    await this.#end((server) => server.stop());
  }

  /** On its port and its store again; one that still runs is ended in good order first. */
  async restart(): Promise<void> {
    if (this.running) await this.terminate();
    if ("pid" in this.#state) return;
    const server = await this.#state.restart();
    this.#state = server;
    this.#watch(server);
  }

  /** SIGSTOP: connections stay open, and nothing answers. Resolves when it stands still. */
  async pause(): Promise<void> {
    this.#paused = true;
    this.#server().pause();
    await standstill(this.pid);
  }

  /** SIGCONT. Harmless where it is not paused, or is gone. */
  resume(): void {
    this.#paused = false;
    if ("pid" in this.#state) this.#state.resume();
  }

  /** It asks its clients to go elsewhere, hands over its leaderships, and ends by itself. Resolves when it has ended. */
  async lameDuck(): Promise<Exit> {
    const server = this.#server();
    process.kill(server.pid, "SIGUSR2");
    const exit = server.exited;
    await this.#end((status) => exit.then(() => status.stop()));
    return exit;
  }

  async #end(how: (server: RunningServer) => Promise<StoppedServer>): Promise<void> {
    const server = this.#server();
    this.#asked.add(server);
    this.#paused = false;
    this.#state = await how(server);
  }

  readonly #asked = new WeakSet<RunningServer>();

  #server(): RunningServer {
    if ("pid" in this.#state) return this.#state;
    throw new Error(`The server ${this.name} is not running.`);
  }

  #watch(server: RunningServer): void {
    void server.exited.then(({ code, signal }) => {
      if (this.#asked.has(server)) return;
      this.#tellDied(new Error(`nats-server ended by itself (${signal ?? `exit code ${code}`}).`));
    });
  }
}
