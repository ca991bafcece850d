// External process: an actor that is a process of the user's own. It is started, stopped, frozen and killed with its whole tree.
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readdirSync, writeSync } from "node:fs";
import { connect } from "node:net";
import { delimiter, join, resolve } from "node:path";
import { setTimeout as passed } from "node:timers/promises";
import { InvalidInputError } from "../protocol/errors.js";
import { procStat, standstill, startOf } from "../server/index.js";
import type { ActorWatcher, Exit } from "./actor-process.js";

/** What runs in the place of an actor with `kind: external`. */
export interface ExternalCommand {
  /** The program and its arguments; no shell reads them. */
  command: readonly string[];
  /** In addition to the environment of this process, to `NATS_URL` and to `JSRR_HISTORY`. */
  env?: Readonly<Record<string, string>>;
  /** Default: the working directory of this process. */
  cwd?: string;
  /**
   * The sign that it is ready: a text or a pattern in its output, or a TCP port of this machine that accepts connections. Default:
   * its first pull, or for a requester its connection.
   */
  ready?: string | RegExp | { port: number };
  /** The longest time until it is ready, milliseconds. Default: 30,000. */
  readyWithinMs?: number;
}

interface ExternalOptions extends ExternalCommand {
  name: string;
  /** Of the actor's own link, which logs in. */
  url: string;
  /** The file for what it says of itself: `$JSRR_HISTORY`. */
  ownFile: string;
  /** Gets everything that it prints. */
  outputFile: string;
  /** What its link shows when it is ready, and what is missing until then, as the end of a sentence. */
  readyOnLink: { seen: Promise<void>; missing: string };
  watcher: Pick<ActorWatcher, "onCrashPoint" | "onFailure"> & {
    /** The runner ends it now. */
    onEnding(): void;
    /** It has ended. Resolves when nothing of it is on its link any more. */
    onExit(exit: Exit): Promise<void>;
    /** It ended by itself. Absent: that is a failure. */
    onEnded?: ((exit: Exit) => void) | undefined;
  };
  onSpawn(pid: number): void;
}

/** An external process ended, and the run had not ended it. */
export class ActorEndedError extends Error {
  override readonly name = "ActorEndedError";
}

const defaultReadyMs = 30_000;
/** No event tells that another process listens. */
const portPollMs = 20;
const stopMs = 10_000;
/** Characters of the output that an error quotes. */
const quoted = 400;

export class ExternalProcess {
  readonly name: string;
  readonly pid: number;
  /** Resolves when it has ended, and its last events are recorded. */
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #watcher: ExternalOptions["watcher"];
  /** Why its exit is no failure of its own. */
  #state: "starting" | "running" | "ended-by-runner" | "at-crash-point" = "starting";
  /** The end of what it printed. */
  #printed = "";
  /** Resolves when the process has ended. */
  readonly #ended: Promise<Exit>;

  private constructor(child: ChildProcess, { name, watcher, outputFile }: ExternalOptions) {
    this.name = name;
    this.pid = child.pid as number;
    this.#child = child;
    this.#watcher = watcher;
    const file = openSync(outputFile, "a", 0o600);
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (chunk: Buffer) => {
        writeSync(file, chunk);
        this.#printed = (this.#printed + chunk.toString()).slice(-8192);
        child.emit("printed");
      });
    this.#ended = new Promise((resolve) => {
      child.once("exit", (code, signal) => resolve({ code, signal }));
    });
    child.once("close", () => closeSync(file)); // after its last output
    this.exited = this.#ended.then((exit) => this.#onExit(exit));
  }

  /** Resolves when it is ready. @throws one sentence if it cannot be started, ends, or is not ready in time. */
  static async start(options: ExternalOptions): Promise<ExternalProcess> {
    const { name, url, ownFile, command, cwd, env, ready } = options;
    requireProgram(name, command[0] ?? "", cwd);
    if (typeof ready === "object" && "port" in ready) await requireFreePort(name, ready.port);
    const [program = "", ...args] = [...tiedToThisProcess(), ...command];
    const child = spawn(program, args, {
      cwd,
      // A session and a process group of its own: Ctrl-C reaches the runner only, and a signal to the group reaches its children.
      detached: true,
      env: { ...process.env, ...env, NATS_URL: url, JSRR_HISTORY: ownFile },
      stdio: ["ignore", "pipe", "pipe"],
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", (cause) => reject(new Error(`${name} cannot be started: ${cause.message}.`, { cause })));
    });
    options.onSpawn(child.pid as number);
    const actor = new ExternalProcess(child, options);
    try {
      await actor.#ready(options);
      if (actor.#state === "starting") actor.#state = "running";
    } catch (error) {
      await actor.crash();
      throw error;
    }
    return actor;
  }

  runStep(): Promise<void> {
    return Promise.reject(new Error(`${this.name} is an external process: it takes no steps of a scenario.`));
  }

  /** SIGTERM to the whole tree; SIGKILL when it has not ended after 10 s. `left`: processes of it that still ran then. */
  async stop(): Promise<Exit & { left?: number }> {
    this.#state = "ended-by-runner";
    this.#watcher.onEnding();
    const tree = treeOf(this.pid);
    this.signal("SIGTERM");
    const kill = setTimeout(() => this.signal("SIGKILL"), stopMs);
    const exit = await this.exited;
    clearTimeout(kill);
    const left = tree.filter((pid) => pid !== this.pid && startOf(pid) !== undefined);
    for (const pid of [-this.pid, ...left]) send(pid, "SIGKILL");
    return left.length > 0 ? { ...exit, left: left.length } : exit;
  }

  async crash(): Promise<Exit> {
    this.#state = "ended-by-runner";
    this.#watcher.onEnding();
    this.signal("SIGKILL");
    return this.exited;
  }

  /** Kills it where it is. Its exit is reported as a crash at its crash point. */
  killAtCrashPoint(): void {
    this.#state = "at-crash-point";
    this.signal("SIGKILL");
  }

  /** Resolves when the whole tree stands still. */
  async pause(): Promise<void> {
    this.signal("SIGSTOP");
    await Promise.all(treeOf(this.pid).map(standstill));
  }

  /** To the process group, and to descendants that have left the group; once to each, as a second SIGTERM may mean "at once". */
  signal(signal: NodeJS.Signals): void {
    const elsewhere = treeOf(this.pid).filter((pid) => pid !== this.pid && groupOf(pid) !== this.pid);
    for (const pid of [-this.pid, ...elsewhere]) send(pid, signal);
  }

  async #ready({ ready, readyOnLink, readyWithinMs = defaultReadyMs }: ExternalOptions): Promise<void> {
    const waiting = new AbortController();
    const { seen, missing } = ready === undefined ? readyOnLink : this.#sign(ready, waiting.signal);
    const late = () =>
      waiting.abort(
        new Error(`${this.name} was not ready within ${readyWithinMs / 1000} s: ${missing}.${this.#quote()}`),
      );
    const timer = setTimeout(late, readyWithinMs);
    const ended = this.#ended.then(({ code, signal }) => {
      throw new Error(`${this.name} ended before it was ready (${signal ?? `exit code ${code}`}).${this.#quote()}`);
    });
    const aborted = new Promise<never>((_, reject) => {
      waiting.signal.addEventListener("abort", () => reject(waiting.signal.reason), { once: true });
    });
    aborted.catch(() => {});
    try {
      await Promise.race([seen, ended, aborted]);
    } finally {
      clearTimeout(timer);
      waiting.abort();
    }
  }

  #sign(ready: string | RegExp | { port: number }, signal: AbortSignal): ExternalOptions["readyOnLink"] {
    if (typeof ready === "object" && "port" in ready)
      return { seen: listens(ready.port, signal), missing: `nothing listens on port ${ready.port}` };
    const found = () => (typeof ready === "string" ? this.#printed.includes(ready) : ready.test(this.#printed));
    const seen = new Promise<void>((resolve) => {
      this.#child.on("printed", () => {
        if (found()) resolve();
      });
    });
    return { seen, missing: `it did not print ${typeof ready === "string" ? JSON.stringify(ready) : ready}` };
  }

  #quote(): string {
    const printed = this.#printed.trim().slice(-quoted);
    return printed === "" ? " It printed nothing." : ` It printed last: ${printed}`;
  }

  async #onExit(exit: Exit): Promise<Exit> {
    await this.#watcher.onExit(exit);
    if (this.#state === "at-crash-point") this.#watcher.onCrashPoint();
    if (this.#state !== "running") return exit;
    send(-this.pid, "SIGKILL"); // its children
    const { onEnded, onFailure } = this.#watcher;
    const how = exit.signal ?? `exit code ${exit.code}`;
    if (onEnded) onEnded(exit);
    else onFailure(new ActorEndedError(`${this.name} ended unasked (${how}).${this.#quote()}`));
    return exit;
  }
}

/** Another process there would be taken for the actor. */
async function requireFreePort(name: string, port: number): Promise<void> {
  if (await accepts(port))
    throw new InvalidInputError(`${name} is to listen on port ${port}, and another process does already.`);
}

async function listens(port: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !(await accepts(port))) await passed(portPollMs);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}

/** Its process group: the fifth field of /proc/PID/stat. */
const groupOf = (pid: number) => Number(procStat(pid)[2]);

/** A process and all its descendants, also those in a session of their own. Without /proc only the process itself. */
function treeOf(root: number): number[] {
  if (!existsSync("/proc/self/stat")) return [root];
  const children = new Map<number, number[]>();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const parent = Number(procStat(Number(entry))[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

/** `setpriv` would be started in its place, and end with an error of its own. */
function requireProgram(name: string, program: string, cwd = "."): void {
  const places = program.includes("/") ? [resolve(cwd, program)] : inPath(program);
  if (places.some((place) => existsSync(place))) return;
  throw new InvalidInputError(`${name} cannot be started: there is no program ${program}.`);
}

const inPath = (program: string) => (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, program));

/** Linux kills the process when this one dies (prctl(2), PR_SET_PDEATHSIG). Elsewhere the next run's sweep ends it. */
function tiedToThisProcess(): string[] {
  if (process.platform !== "linux") return [];
  return inPath("setpriv").some((place) => existsSync(place)) ? ["setpriv", "--pdeathsig", "KILL", "--"] : [];
}
