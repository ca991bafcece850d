// The context of a run: its environment, actors, faults and history.
import type { ChildProcess } from "node:child_process";
import { setTimeout as passed } from "node:timers/promises";
import type { Subscription } from "@nats-io/nats-core";
import type { EventBody, HistoryEvent } from "../history/event.js";
import { monotonicMicroseconds, openRecorder, type Recorder } from "../history/recorder.js";
import { queueNames } from "../protocol/queue-names.js";
import type { Scenario, WireCrashPoint } from "../scenario/model.js";
import type { ServerBinary } from "../server/index.js";
import { type ActorProcess, type ActorWatcher, actorSpec, RunningActor, type SpareProcesses } from "./actor-process.js";
import { subscribeToAdvisories } from "./advisories.js";
import { BrokerObserver } from "./broker-events.js";
import type { Environment } from "./environment.js";
import { type ExternalActor, startExternalActor } from "./external-actor.js";
import { FaultList } from "./fault-runner.js";
import { historyFile } from "./history-folder.js";
import { LiveHistory } from "./live-history.js";
import { restartServer, streamsAnswer } from "./managed-servers.js";
import { upgradeServers } from "./server-versions.js";
import { WireEvents } from "./wire-events.js";

interface RunContextOptions {
  scenario: Scenario;
  environment: Environment;
  /** Where the processes of the actors come from. */
  spareProcesses: SpareProcesses;
  /** Where the NDJSON files go. */
  historyFolder: string;
  onEvent?: (event: HistoryEvent) => void;
  /** Actor name to a module that runs in its role's place. */
  programs?: Readonly<Record<string, string>>;
  /** What runs in the place of each external actor, and what records a process group that this run has to end. */
  external?: { actors: Readonly<Record<string, ExternalActor>>; adopt(pid: number, what: "group"): void };
  /** Ends the run: every wait rejects with its reason. */
  signal: AbortSignal;
  /** Numbers from 0 up to 1, the same ones in every run with this seed; `purpose` keeps the steps' numbers apart. */
  random(purpose: string): () => number;
}

/** Milliseconds from a lost connection to the exit of the server's process, on a busy machine. */
const deathMs = 200;

export class RunContext implements AsyncDisposable {
  readonly scenario: Scenario;
  readonly environment: Environment;
  readonly history: LiveHistory;
  readonly signal: AbortSignal;
  /** When each expectation was last true, as far as it was measured: milliseconds from the beginning of the run. */
  readonly lastTrue = new Map<string, number>();
  readonly faults: FaultList;
  readonly random: RunContextOptions["random"];
  readonly #options: RunContextOptions;
  readonly #recorder: Recorder;
  readonly #actors = new Map<string, ActorProcess>();
  /** The history files of the running actors. */
  readonly #files = new Set<string>();
  readonly #failed = new AbortController();
  #advisories?: Subscription;
  #observer?: BrokerObserver;
  /** The requests that external actors were delivered, by their places in the request stream. */
  readonly #places = new Map<string, string>();

  constructor(options: RunContextOptions) {
    this.#options = options;
    this.scenario = options.scenario;
    this.environment = options.environment;
    this.random = options.random;
    this.history = new LiveHistory(options.onEvent);
    this.signal = AbortSignal.any([options.signal, this.#failed.signal]);
    void options.environment.own?.cluster.died.then((error) => this.#failed.abort(error));
    const file = historyFile(options.historyFolder, "lab");
    this.#recorder = openRecorder(file, "lab", (event) => this.history.add(event));
    this.faults = new FaultList(this);
  }

  /** Records the server's advisories until the end of the run. */
  listen(): void {
    this.#advisories = subscribeToAdvisories(this.environment.nc, (event) => this.record(event, "broker"));
  }

  /** With an external actor: records what the broker receives. Without one nothing of it is kept. */
  async observeBroker(): Promise<void> {
    if (Object.keys(this.#options.external?.actors ?? {}).length === 0) return;
    this.#observer = await BrokerObserver.start(this.environment.connection, {
      queues: this.environment.queues,
      requestAt: (stream, sequence) => this.#places.get(`${stream} ${sequence}`),
      record: (event) => this.record(event, "broker"),
    });
  }

  /** Records an event of the laboratory itself, or one that it received from the broker. */
  record(event: EventBody, source?: "broker"): void {
    this.#recorder.record(event, source && { source });
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

  /** Rejects at once when the run is aborted: a request to a dead server would time out seconds later. */
  async unlessAborted<T>(work: () => Promise<T>): Promise<T> {
    this.signal.throwIfAborted();
    const broken = new Promise<never>((_, reject) => {
      this.signal.addEventListener("abort", () => reject(this.signal.reason), { once: true });
    });
    return Promise.race([work(), broken]);
  }

  /**
   * The death of the run's own server, if that is why the run failed. Its connections close a moment before its process exits, so
   * that an actor can be the first to report it.
   */
  async serverDeath(): Promise<Error | undefined> {
    const { own } = this.environment;
    return own && Promise.race([own.cluster.died, passed(deathMs, undefined)]);
  }

  /** Adds the events of all actors until now, also those that are still on their channels. */
  catchUp(): void {
    for (const file of this.#files) this.history.catchUp(file);
  }

  actor(name: string): ActorProcess {
    const actor = this.#actors.get(name);
    if (actor) return actor;
    throw new Error(`${name} is not running at this point of the scenario.`);
  }

  async startActor(name: string): Promise<void> {
    if (this.#actors.has(name)) throw new Error(`${name} runs already at this point of the scenario.`);
    const { external } = this.#options;
    const bound = external?.actors[name];
    if (external && bound) return this.#startExternal(name, bound, external.adopt);
    const file = historyFile(this.#options.historyFolder, name);
    const { scenario, environment, programs } = this.#options;
    const spec = actorSpec(name, { scenario, environment, file, program: programs?.[name] });
    const watcher: ActorWatcher = {
      onEvents: () => this.history.catchUp(file),
      onExit: () => {
        this.history.catchUp(file, true);
        this.#files.delete(file);
      },
      onCrashPoint: () => this.#onCrashPoint(name),
      onFailure: (error) => this.#failed.abort(error),
    };
    const child = this.#options.spareProcesses.take();
    this.record({ type: "actor-started", name, role: spec.role, pid: child.pid as number });
    this.#files.add(file);
    const crash = scenario.responders[name]?.wireCrash;
    if (crash) this.#killAt(crash, name, child);
    this.#actors.set(name, await RunningActor.start(child, spec, watcher));
  }

  /** The responder records its own events; its link kills it, and records what it never got. */
  #killAt(crash: WireCrashPoint, name: string, child: ChildProcess): void {
    const { environment, historyFolder, scenario } = this.#options;
    let last: EventBody | undefined;
    const reader = new WireEvents({
      ...{ crash, names: queueNames({ queue: scenario.responders[name]?.queue }), credentials: undefined },
      record: (event) => {
        last = event;
      },
      kill: () => {
        child.kill("SIGKILL");
        if (last?.type !== "delivered" || crash !== "after-delivery") return;
        const recorder = openRecorder(historyFile(historyFolder, `${name}-link`), name, undefined, "wire");
        this.history.add(recorder.record(last));
        recorder.close();
      },
    });
    for (const link of environment.own?.links.get(name) ?? []) link.reader = reader;
  }

  async #startExternal(name: string, bound: ExternalActor, adopt: (pid: number, what: "group") => void): Promise<void> {
    const { scenario, environment, historyFolder } = this.#options;
    const role = name in scenario.responders ? "responder" : "requester";
    const crash = scenario.responders[name]?.wireCrash;
    const { queue } = scenario.responders[name] ?? scenario.requesters[name] ?? {};
    const { requestStream } = queueNames({ queue });
    const started = await startExternalActor(name, bound, {
      ...{ role, environment, historyFolder, crash, queue, adopt },
      onStart: (pid) => this.record({ type: "actor-started", name, role, pid }),
      onEvent: (event) => {
        if (event.type === "delivered") this.#places.set(`${requestStream} ${event.sequence}`, event.request);
        this.history.add(event);
      },
      onCrashPoint: () => this.#onCrashPoint(name),
      onBrokenRecord: (at, reason) => this.record({ type: "record-broken", name, at, reason }),
      onEnded: (exit) => {
        this.#actors.delete(name);
        this.record({ type: "actor-stopped", name, ...exit });
      },
      onFailure: (error) => this.#failed.abort(error),
    });
    this.#actors.set(name, started);
  }

  #onCrashPoint(name: string): void {
    this.#actors.delete(name);
    this.record({ type: "actor-crashed", name, signal: "SIGKILL" });
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

  /** Clients reconnect by themselves; the laboratory is connected when this resolves. */
  async restartServer(): Promise<void> {
    const { own, nc, server } = this.environment;
    if (own) await restartServer(own, nc);
    this.record({ type: "server-restarted", server: `nats-server ${server.version}` });
  }

  async upgrade(to: string, name?: string): Promise<void> {
    const { own } = this.environment;
    const nodes = own?.cluster.nodes.filter((node) => name === undefined || node.name === name) ?? [];
    await upgradeServers(nodes, own?.versions?.get(to) as ServerBinary, async (node) => {
      this.record({ type: "server-restarted", server: `nats-server ${node.version}`, node: node.name });
      await streamsAnswer(this.environment, this.signal);
    });
  }

  /** Responders first: they finish their requests while the requesters still receive the replies. */
  async stopAllActors(): Promise<void> {
    const inOrder = [...this.#actors.keys()].sort((a, b) => this.#rank(a) - this.#rank(b));
    // An external requester may end by itself meanwhile.
    for (const name of inOrder) if (this.#actors.has(name)) await this.stopActor(name);
    await this.#observer?.caughtUp();
  }

  /** Kills the actors that still run, after a run that did not end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#advisories?.unsubscribe();
    await this.#observer?.[Symbol.asyncDispose]();
    await Promise.all([...this.#actors.values()].map((actor) => actor.crash()));
    await this.faults[Symbol.asyncDispose]();
    this.#recorder.close();
  }

  #rank(name: string): number {
    return name in this.scenario.responders ? 0 : 1;
  }

  #remove(name: string): ActorProcess {
    const actor = this.actor(name);
    this.#actors.delete(name);
    return actor;
  }
}
