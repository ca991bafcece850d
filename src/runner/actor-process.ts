// One actor as a process of its own, seen from the runner: a crash is SIGKILL, a stop is SIGTERM.
import type { ChildProcess } from "node:child_process";
import type { HistoryEvent } from "../history/event.js";
import type { ActorSpec, Command, FromActor, ToActor } from "./actor-protocol.js";

const startMs = 10_000;
const stopMs = 10_000;

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface ActorWatcher {
  onEvent(event: HistoryEvent): void;
  /** What it wrote last may not have come over the channel any more. */
  onExit(): void;
  /** The actor killed itself at its crash point. */
  onCrashPoint(): void;
  /** The actor died, or could not go on, without being asked to. */
  onFailure(error: Error): void;
}

export class RunningActor {
  readonly name: string;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #spec: ActorSpec;
  readonly #watcher: ActorWatcher;
  readonly #calls = new Map<number, { resolve(): void; reject(error: Error): void }>();
  #ready!: { resolve(): void; reject(error: Error): void };
  #leaving = false;
  #nextCall = 1;

  private constructor(child: ChildProcess, spec: ActorSpec, watcher: ActorWatcher) {
    this.#spec = spec;
    this.#watcher = watcher;
    this.name = spec.name;
    this.#child = child;
    this.pid = child.pid as number;
    this.#child.on("message", (message) => this.#onMessage(message as FromActor));
    this.exited = new Promise((resolve) => {
      this.#child.once("exit", (code, signal) => resolve({ code, signal }));
    });
    void this.exited.then((exit) => this.#onExit(exit));
  }

  /** Gives a spare process its role. Resolves when it is connected and ready. @throws what the actor could not do. */
  static async start(child: ChildProcess, spec: ActorSpec, watcher: ActorWatcher): Promise<RunningActor> {
    const actor = new RunningActor(child, spec, watcher);
    const ready = new Promise<void>((resolve, reject) => {
      actor.#ready = { resolve, reject };
    });
    const late = setTimeout(() => {
      actor.#ready.reject(new Error(`${spec.name} was not ready within ${startMs / 1000} s.`));
    }, startMs);
    actor.#send({ spec });
    try {
      await ready;
    } catch (error) {
      await actor.crash();
      throw error;
    } finally {
      clearTimeout(late);
    }
    return actor;
  }

  perform(command: Command): Promise<void> {
    const call = this.#nextCall++;
    const done = new Promise<void>((resolve, reject) => this.#calls.set(call, { resolve, reject }));
    this.#send({ call, command });
    return done;
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

  #send(message: ToActor): void {
    this.#child.send(message, () => {}); // a dead actor is told by its exit
  }

  #onMessage(message: FromActor): void {
    if (message.say === "ready") this.#ready.resolve();
    else if (message.say === "event") this.#watcher.onEvent(message.event);
    else if (message.say === "fatal") this.#fail(new Error(`${this.name}: ${message.error}`));
    else {
      const call = this.#calls.get(message.call);
      this.#calls.delete(message.call);
      if (message.say === "done") call?.resolve();
      else call?.reject(new Error(`${this.name}: ${message.error}`));
    }
  }

  #fail(error: Error): void {
    this.#ready.reject(error);
    for (const call of this.#calls.values()) call.reject(error);
    this.#calls.clear();
    if (!this.#leaving) this.#watcher.onFailure(error);
    this.#leaving = true;
  }

  #onExit({ code, signal }: Exit): void {
    this.#watcher.onExit();
    const atCrashPoint = this.#spec.role === "responder" && this.#spec.settings.crash && signal === "SIGKILL";
    if (atCrashPoint && !this.#leaving) {
      this.#leaving = true;
      this.#watcher.onCrashPoint();
    }
    this.#fail(new Error(`${this.name} ended unasked (${signal ?? `exit code ${code}`}).`));
  }
}
