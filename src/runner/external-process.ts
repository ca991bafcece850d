// External process: an actor that is a process of the user's own. It is started, stopped, frozen and killed with its whole tree.
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, existsSync, readdirSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { InvalidInputError } from "../protocol/errors.js";
import { procStat, standstill, startOf } from "../server/index.js";
import type { ActorWatcher, Exit } from "./actor-process.js";

/** What runs in the place of an actor with `kind: external`. */
export interface ExternalCommand {
  /** The program and its arguments; no shell reads them. */
  command: readonly string[];
  /** In addition to the environment of this process, and to `NATS_URL`. */
  env?: Readonly<Record<string, string>>;
  /** Default: the working directory of this process. */
  cwd?: string;
  /** A text in its output that says that it is ready. Default: its first pull, or for a requester its connection. */
  ready?: string;
}

interface ExternalOptions extends ExternalCommand {
  name: string;
  /** Of the actor's own link, which logs in. */
  url: string;
  /** Gets everything that it prints. */
  outputFile: string;
  /** What its link shows when it is ready, and what is missing until then, as the end of a sentence. */
  readyOnLink: { seen: Promise<void>; missing: string };
  /** `onEnding`: the runner ends it now. */
  watcher: Omit<ActorWatcher, "onEvents"> & { onEnding(): void };
  onSpawn(pid: number): void;
}

/** An external process ended, and the run had not ended it. */
export class ActorEndedError extends Error {
  override readonly name = "ActorEndedError";
}

const readyMs = 30_000;
const stopMs = 10_000;
/** Characters of the output that an error quotes. */
const quoted = 400;

export class ExternalProcess {
  readonly name: string;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #watcher: ExternalOptions["watcher"];
  /** Why its exit is no failure of its own. */
  #state: "starting" | "running" | "ended-by-runner" | "at-crash-point" = "starting";
  /** The end of what it printed. */
  #printed = "";

  private constructor(child: ChildProcess, { name, watcher, outputFile }: ExternalOptions) {
    this.name = name;
    this.pid = child.pid as number;
    this.#child = child;
    this.#watcher = watcher;
    const file = createWriteStream(outputFile, { flags: "a", mode: 0o600 });
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (chunk: Buffer) => {
        file.write(chunk);
        this.#printed = (this.#printed + chunk.toString()).slice(-8192);
        child.emit("printed");
      });
    this.exited = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        file.end();
        resolve({ code, signal });
      });
    });
    void this.exited.then((exit) => this.#onExit(exit));
  }

  /** Resolves when it is ready. @throws one sentence if it cannot be started, ends, or is not ready within 30 s. */
  static async start(options: ExternalOptions): Promise<ExternalProcess> {
    const { name, url, command, cwd, env, ready } = options;
    requireProgram(name, command[0] ?? "", cwd);
    const [program = "", ...args] = [...tiedToThisProcess(), ...command];
    const child = spawn(program, args, {
      cwd,
      // A session and a process group of its own: Ctrl-C reaches the runner only, and a signal to the group reaches its children.
      detached: true,
      env: { ...process.env, ...env, NATS_URL: url },
      stdio: ["ignore", "pipe", "pipe"],
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", (cause) => reject(new Error(`${name} cannot be started: ${cause.message}.`, { cause })));
    });
    options.onSpawn(child.pid as number);
    const actor = new ExternalProcess(child, options);
    try {
      await actor.#ready(ready, options.readyOnLink);
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

  #ready(text: string | undefined, onLink: ExternalOptions["readyOnLink"]): Promise<void> {
    const signs = [
      text === undefined ? onLink.seen : this.#hasPrinted(text),
      this.exited.then(({ code, signal }) => {
        throw new Error(`${this.name} ended before it was ready (${signal ?? `exit code ${code}`}).${this.#quote()}`);
      }),
    ];
    return new Promise((resolve, reject) => {
      const sign = text === undefined ? onLink.missing : `it did not print ${JSON.stringify(text)}`;
      const late = () =>
        reject(new Error(`${this.name} was not ready within ${readyMs / 1000} s: ${sign}.${this.#quote()}`));
      const timer = setTimeout(late, readyMs);
      Promise.race(signs)
        .finally(() => clearTimeout(timer))
        .then(resolve, reject);
    });
  }

  #hasPrinted(text: string): Promise<void> {
    return new Promise((resolve) => {
      this.#child.on("printed", () => {
        if (this.#printed.includes(text)) resolve();
      });
    });
  }

  #quote(): string {
    const printed = this.#printed.trim().slice(-quoted);
    return printed === "" ? " It printed nothing." : ` It printed last: ${printed}`;
  }

  #onExit({ code, signal }: Exit): void {
    this.#watcher.onExit();
    if (this.#state === "at-crash-point") this.#watcher.onCrashPoint();
    if (this.#state !== "running") return;
    send(-this.pid, "SIGKILL"); // its children
    const how = signal ?? `exit code ${code}`;
    this.#watcher.onFailure(new ActorEndedError(`${this.name} ended unasked (${how}).${this.#quote()}`));
  }
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
