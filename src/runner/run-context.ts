// Everything one run holds: its folder, server, actors and history. What was acquired is released in reverse order.

import { setTimeout as passed } from "node:timers/promises";
import type { Subscription } from "@nats-io/nats-core";
import type { EventBody, HistoryEvent } from "../history/event.js";
import { monotonicMicroseconds, openRecorder, type Recorder } from "../history/recorder.js";
import type { Scenario } from "../scenario/model.js";
import { type ActorWatcher, actorSpec, RunningActor, type SpareProcesses } from "./actor-process.js";
import { listenForAdvisories } from "./advisories.js";
import type { Environment } from "./environment.js";
import { FaultList } from "./fault-runner.js";
import { historyFile } from "./history-folder.js";
import { LiveHistory } from "./live-history.js";
import { randomFrom } from "./random.js";

interface RunContextOptions {
  scenario: Scenario;
  environment: Environment;
  /** Where the processes of the actors come from. */
  spareProcesses: SpareProcesses;
  /** Where the NDJSON files go. */
  historyFolder: string;
  onEvent?: (event: HistoryEvent) => void;
  /** Actor name to a module that plays it in the kit's place. */
  programs?: Readonly<Record<string, string>>;
  /** Ends the run: every wait rejects with its reason. */
  signal: AbortSignal;
  /** Everything random in the run comes from it. */
  seed: number;
}

/** Milliseconds between the last word of a process and the news of its end, on a busy machine. */
const deathMs = 200;

export class RunContext implements AsyncDisposable {
  readonly scenario: Scenario;
  readonly environment: Environment;
  readonly history: LiveHistory;
  readonly signal: AbortSignal;
  /** When each expectation was last true, as far as it was looked at: milliseconds from the beginning of the run. */
  readonly lastTrue = new Map<string, number>();
  readonly faults: FaultList;
  readonly #options: RunContextOptions;
  readonly #recorder: Recorder;
  readonly #actors = new Map<string, RunningActor>();
  /** Of the actors that run: what they have done. */
  readonly #files = new Set<string>();
  readonly #failed = new AbortController();
  #advisories?: Subscription;

  constructor(options: RunContextOptions) {
    this.#options = options;
    this.scenario = options.scenario;
    this.environment = options.environment;
    this.history = new LiveHistory(options.onEvent);
    this.signal = AbortSignal.any([options.signal, this.#failed.signal]);
    void options.environment.died?.then((error) => this.#failed.abort(error));
    const file = historyFile(options.historyFolder, "lab");
    this.#recorder = openRecorder(file, "lab", (event) => this.history.add(file, event));
    this.faults = new FaultList(this);
  }

  /** Records what the server tells of its own accord, until the end of the run. */
  listen(): void {
    this.#advisories = listenForAdvisories(this.environment.nc, (event) => this.record(event));
  }

  /** Numbers from 0 up to 1, the same ones in every run with this seed; `purpose` keeps the steps' numbers apart. */
  random(purpose: string): () => number {
    return randomFrom(this.#options.seed, purpose);
  }

  /** Notes what the laboratory itself did. */
  record(event: EventBody): void {
    this.#recorder.record(event);
  }

  /** Milliseconds from the first event until now. */
  now(): number {
    return this.sinceBegin(monotonicMicroseconds());
  }

  /** Milliseconds from the first event to a moment on the history's clock (microseconds). */
  sinceBegin(t: number): number {
    return Math.round((t - (this.history.events[0]?.t ?? t)) / 1000);
  }

  /** Ends the run: it cannot go on. */
  fail(error: unknown): void {
    this.#failed.abort(error);
  }

  /** What a server that has died is asked for would be a time-out, seconds later. Rejects with what broke the run off. */
  async unlessBroken<T>(work: () => Promise<T>): Promise<T> {
    this.signal.throwIfAborted();
    const broken = new Promise<never>((_, reject) => {
      this.signal.addEventListener("abort", () => reject(this.signal.reason), { once: true });
    });
    return Promise.race([work(), broken]);
  }

  /**
   * Why a run failed whose own server has died. Its connections are closed a moment before the process is seen to end, so an actor may
   * be the first to say that it cannot be reached.
   */
  async serverDeath(): Promise<Error | undefined> {
    const { died } = this.environment;
    return died && Promise.race([died, passed(deathMs, undefined)]);
  }

  /** Hears what the actors have done until now, however far behind their channels are. */
  catchUp(): void {
    for (const file of this.#files) this.history.catchUp(file);
  }

  actor(name: string): RunningActor {
    const actor = this.#actors.get(name);
    if (actor) return actor;
    throw new Error(`${name} is not running at this point of the scenario.`);
  }

  async startActor(name: string): Promise<void> {
    if (this.#actors.has(name)) throw new Error(`${name} runs already at this point of the scenario.`);
    const file = historyFile(this.#options.historyFolder, name);
    const spec = actorSpec(name, { ...this.#options, file, program: this.#options.programs?.[name] });
    const watcher: ActorWatcher = {
      onEvent: (event) => this.history.add(file, event),
      onExit: () => {
        this.history.catchUp(file);
        this.#files.delete(file);
      },
      onCrashPoint: () => {
        this.#actors.delete(name);
        this.record({ type: "actor-crashed", name, signal: "SIGKILL" });
      },
      onFailure: (error) => this.#failed.abort(error),
    };
    const child = this.#options.spareProcesses.take();
    this.record({ type: "actor-started", name, role: spec.role, pid: child.pid as number });
    this.#files.add(file);
    this.#actors.set(name, await RunningActor.start(child, spec, watcher));
  }

  async stopActor(name: string): Promise<void> {
    const exit = await this.#remove(name).stop();
    this.record({ type: "actor-stopped", name, ...exit });
  }

  async crashActor(name: string): Promise<void> {
    const { signal, code } = await this.#remove(name).crash();
    if (signal !== "SIGKILL") throw new Error(`${name} ended before it was killed (exit code ${code}).`);
    this.record({ type: "actor-crashed", name, signal });
  }

  /** Its clients find their way back by themselves; the laboratory is back when this resolves. */
  async restartServer(): Promise<void> {
    await this.environment.restart?.();
    this.record({ type: "server-restarted", server: `nats-server ${this.environment.server.version}` });
  }

  /** Responders first: what they hold is finished while its requesters still listen. */
  async stopAllActors(): Promise<void> {
    const inOrder = [...this.#actors.keys()].sort((a, b) => this.#rank(a) - this.#rank(b));
    for (const name of inOrder) await this.stopActor(name);
  }

  /** Kills what still runs: after a run that was broken off. After a full run there is nothing left. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#advisories?.unsubscribe();
    await Promise.all([...this.#actors.values()].map((actor) => actor.crash()));
    await this.faults[Symbol.asyncDispose]();
    this.#recorder.close();
  }

  #rank(name: string): number {
    return name in this.scenario.responders ? 0 : 1;
  }

  #remove(name: string): RunningActor {
    const actor = this.actor(name);
    this.#actors.delete(name);
    return actor;
  }
}
