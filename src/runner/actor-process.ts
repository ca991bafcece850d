// An actor's process as the runner sees it: starts it, sends it steps, stops it (SIGTERM) or crashes it (SIGKILL).
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ConnectionSettings } from "../connection/connect.js";
import type { Scenario } from "../scenario/model.js";
import { standstill } from "../server/index.js";
import type { ActorSpec, ActorStep, FromActor, ToActor } from "./actor-protocol.js";
import type { Environment } from "./environment.js";

/** A hang, and no slow machine: with many runs at once a process takes more than 10 s to load its modules. */
const startMs = 30_000;
const stopMs = 10_000;

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface ActorWatcher {
  /** There may be more events in its file. */
  onEvents(): void;
  /** Its last events may be missing on the channel. */
  onExit(): void;
  /** The actor killed itself at its crash point. */
  onCrashPoint(): void;
  /** The actor died, or could not go on, without being asked to. */
  onFailure(error: Error): void;
}

/** A process of an actor, the kit's own or an external one. */
export interface ActorProcess {
  readonly name: string;
  readonly pid: number;
  runStep(step: ActorStep): Promise<void>;
  /** `left`: processes of an external actor that still ran afterwards, and were killed. */
  stop(): Promise<Exit & { left?: number }>;
  crash(): Promise<Exit>;
  /** SIGSTOP. Resolves when it stands still. */
  pause(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
}

export class RunningActor implements ActorProcess {
  readonly name: string;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #spec: ActorSpec;
  readonly #watcher: ActorWatcher;
  readonly #calls = new Map<number, { resolve(): void; reject(error: Error): void }>();
  #leaving = false;
  #nextCall = 1;

  private constructor(child: ChildProcess, spec: ActorSpec, watcher: ActorWatcher) {
    this.#spec = spec;
    this.#watcher = watcher;
    this.name = spec.name;
    this.#child = child;
    this.pid = child.pid as number;
    child.on("message", (message) => this.#onMessage(message as FromActor));
    this.exited = new Promise((resolve) => {
      child.once("exit", (code, signal) => resolve({ code, signal }));
    });
    void this.exited.then((exit) => this.#onExit(exit));
  }

  /** Sends a spare process its role. Resolves when it is connected and ready. @throws what the actor could not do. */
  static async start(child: ChildProcess, spec: ActorSpec, watcher: ActorWatcher): Promise<RunningActor> {
    const actor = new RunningActor(child, spec, watcher);
    const late = setTimeout(() => {
      actor.#rejectCalls(new Error(`${spec.name} was not ready within ${startMs / 1000} s.`));
    }, startMs);
    try {
      await actor.#call({ spec });
    } catch (error) {
      await actor.crash();
      throw error;
    } finally {
      clearTimeout(late);
    }
    return actor;
  }

  runStep(step: ActorStep): Promise<void> {
    return this.#call({ step });
  }

  /** SIGTERM; SIGKILL when it has not ended after 10 s. */
  async stop(): Promise<Exit> {
    this.#leaving = true;
    this.#child.kill("SIGTERM");
    const kill = setTimeout(() => this.#child.kill("SIGKILL"), stopMs);
    const exit = await this.exited;
    clearTimeout(kill);
    return exit;
  }

  async crash(): Promise<Exit> {
    this.#leaving = true;
    this.#child.kill("SIGKILL");
    return this.exited;
  }

  async pause(): Promise<void> {
    this.signal("SIGSTOP");
    await standstill(this.pid);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  #call(content: { spec: ActorSpec } | { step: ActorStep }): Promise<void> {
    const call = this.#nextCall++;
    const done = new Promise<void>((resolve, reject) => this.#calls.set(call, { resolve, reject }));
    this.#child.send({ call, ...content } satisfies ToActor, () => {}); // the exit reports a dead actor
    return done;
  }

  #onMessage(message: FromActor): void {
    // What an actor reports comes after the events of it.
    this.#watcher.onEvents();
    if (message.say === "events") return;
    if (message.say === "fatal") this.#fail(new Error(`${this.name}: ${message.error}`));
    else {
      const call = this.#calls.get(message.call);
      this.#calls.delete(message.call);
      if (message.say === "done") call?.resolve();
      else call?.reject(new Error(`${this.name}: ${message.error}`));
    }
  }

  #rejectCalls(error: Error): void {
    for (const call of this.#calls.values()) call.reject(error);
    this.#calls.clear();
  }

  #fail(error: Error): void {
    this.#rejectCalls(error);
    if (!this.#leaving) this.#watcher.onFailure(error);
    this.#leaving = true;
  }

  #onExit({ code, signal }: Exit): void {
    this.#watcher.onExit();
    const { role, settings } = this.#spec;
    const atCrashPoint = role === "responder" && (settings.crash || settings.wireCrash) && signal === "SIGKILL";
    if (atCrashPoint && !this.#leaving) {
      this.#leaving = true;
      this.#watcher.onCrashPoint();
    }
    this.#fail(new Error(`${this.name} ended unasked (${signal ?? `exit code ${code}`}).`));
  }
}

// Spare processes: they have loaded all modules and wait for a role. Loading takes longer than the rest of a start, so that it
// happens while the server starts and the first steps are played.

/** The compiled entry, from src/ (tests) as well as from dist/. */
const entry = fileURLToPath(new URL("../../dist/runner/actor-main.js", import.meta.url));
/** More would only compete with each other for the processor. */
const most = 4;

export class SpareProcesses implements AsyncDisposable {
  readonly #onSpawn: (pid: number) => void;
  readonly #waiting: ChildProcess[] = [];

  constructor(count: number, onSpawn: (pid: number) => void) {
    this.#onSpawn = onSpawn;
    for (let n = 0; n < Math.min(count, most); n++) this.#waiting.push(this.#spawn());
  }

  /** A process that takes its role as its first message. */
  take(): ChildProcess {
    const spare = this.#waiting.shift();
    return spare?.connected ? spare : this.#spawn();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#waiting.splice(0).map(end));
  }

  #spawn(): ChildProcess {
    const child = fork(entry, [], { stdio: ["ignore", "ignore", "inherit", "ipc"], serialization: "json" });
    this.#onSpawn(child.pid as number);
    return child;
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

// The specification of an actor: its role, its settings, and the URL of its server.

type ActorOptions = Pick<ActorSpec, "file" | "program"> & { scenario: Scenario; environment: Environment };

/** @throws where the scenario has no actor of that name. */
export function actorSpec(name: string, { scenario, environment, ...rest }: ActorOptions): ActorSpec {
  const { requesters, responders, services } = scenario;
  const [requester, responder, service] = [requesters[name], responders[name], services[name]];
  const common = { name, ...rest, connection: connectionOf(name, environment) };
  if (requester) return { ...common, role: "requester", settings: requester };
  if (responder) return { ...common, role: "responder", settings: responder };
  if (service) return { ...common, role: "service", settings: service };
  throw new Error(`${name} is no actor of ${scenario.name}.`);
}

/** Through links, if the scenario has a fault between the actor and a server. */
function connectionOf(name: string, { connection, own }: Environment): ConnectionSettings {
  const links = own?.links.get(name);
  return links ? { ...connection, servers: links.map(({ url }) => url).join(","), ownServerOnly: true } : connection;
}
