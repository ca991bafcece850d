// The faults of one run: injects them, heals them, and records the effect of each.
import type { NatsConnection } from "@nats-io/nats-core";
import { openConnection } from "../connection/connect.js";
import { observeConnection } from "../connection/watch.js";
import {
  type ActiveFault,
  type Fault,
  type FaultName,
  faults,
  injectFault,
  type Target,
  type TargetActor,
  type TargetLink,
} from "../faults/index.js";
import type { EventBody } from "../history/event.js";
import type { ActorProcess } from "./actor-process.js";
import type { Environment } from "./environment.js";
import type { LiveHistory } from "./live-history.js";
import { streamsAnswer } from "./managed-servers.js";

/** For clients to reconnect to a healed server; they try every two seconds. */
const reconnectMs = 15_000;

/** The part of a run that its faults use. */
interface FaultRun {
  environment: Environment;
  history: LiveHistory;
  signal: AbortSignal;
  actor(name: string): Pick<ActorProcess, "pid" | "pause" | "signal">;
  crashActor(name: string): Promise<void>;
  stopActor(name: string): Promise<void>;
  record(event: EventBody): void;
  /** Ends the run: it cannot go on. */
  fail(error: unknown): void;
}

export class FaultList implements AsyncDisposable {
  readonly #context: FaultRun;
  readonly #target: Target & AsyncDisposable;
  readonly #all: ActiveFault[] = [];
  readonly #active = new Set<ActiveFault>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #healing: Promise<void>[] = [];

  constructor(context: FaultRun) {
    this.#context = context;
    this.#target = faultTarget(context);
  }

  async inject(name: FaultName, options: unknown, forMs: number | undefined): Promise<void> {
    const active = await injectFault(name, faults[name] as Fault, options, this.#target, this.#all.length + 1);
    this.#all.push(active);
    this.#active.add(active);
    if (forMs === undefined) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#healing.push(this.#healOne(active).catch((error) => this.#context.fail(error)));
    }, forMs);
    this.#timers.add(timer);
  }

  /** The last one first: a later fault can hide an earlier one. */
  async heal(name: FaultName | "all"): Promise<void> {
    const matching = this.#all.filter((active) => name === "all" || active.name === name);
    for (const active of matching.reverse()) await this.#healOne(active);
  }

  /** Heals the rest, and waits until every lost connection is back. */
  async settle(): Promise<void> {
    if (this.#all.length === 0) return;
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all(this.#healing);
    await this.heal("all");
    const { history, signal, environment } = this.#context;
    await history.until(() => this.#allReconnected(), reconnectMs, signal);
    if (environment.own) await streamsAnswer(environment, signal);
  }

  /** Call it when the history is complete. */
  recordEffects(): void {
    for (const { name, id, bit } of this.#all) {
      const evidence = bit(this.#context.history.events);
      if (evidence !== undefined) this.#context.record({ type: "fault-bit", fault: name, id, evidence });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#target[Symbol.asyncDispose]();
  }

  /** The next step finds streams that answer. */
  async #healOne(active: ActiveFault): Promise<void> {
    if (!this.#active.delete(active)) return;
    await active.heal();
    const { environment, signal } = this.#context;
    if (this.#active.size === 0 && faults[active.name as FaultName].needs.length > 0)
      await streamsAnswer(environment, signal);
  }

  #allReconnected(): boolean {
    const away = new Set<string>();
    for (const event of this.#context.history.events) {
      if (event.type === "disconnected" && event.actor !== "lab") away.add(event.actor);
      if (event.type === "reconnected") away.delete(event.actor);
      if (event.type === "actor-crashed" || event.type === "actor-stopped") away.delete(event.name);
    }
    return away.size === 0;
  }
}

// The run as a fault sees it: actors, servers and links by their names.

function faultTarget(context: FaultRun): Target & AsyncDisposable {
  const { own, random } = context.environment;
  const connections = new Map<string, Promise<NatsConnection>>();
  const nodes = own?.nodes ?? [];
  const connection = (name = nodes[0]?.name ?? "") => {
    const node = own?.cluster.node(name);
    const { connection: all } = context.environment;
    const settings = node ? { ...all, servers: node.url, ownServerOnly: true } : all;
    const open = async () => {
      const nc = await openConnection({ ...settings, name: "jsrr" });
      if (own) observeConnection(nc, (event) => context.record(event));
      return nc;
    };
    const known = connections.get(name) ?? open();
    connections.set(name, known);
    return known;
  };
  return {
    ...{ nodes, connection, random },
    actor: (name) => targetActor(context, name),
    links: (a, b) => linksBetween(context, a, b),
    record: (event) => context.record(event),
    async [Symbol.asyncDispose]() {
      for (const open of connections.values()) await open.then((nc) => nc.close()).catch(() => {});
    },
  };
}

function targetActor(context: FaultRun, name: string): TargetActor {
  const actor = context.actor(name);
  return {
    ...{ name, pid: actor.pid },
    pause: () => actor.pause(),
    resume: () => actor.signal("SIGCONT"),
    crash: () => context.crashActor(name),
    stop: () => context.stopActor(name),
  };
}

/** `server` stands for every node. */
function linksBetween({ environment }: FaultRun, a: string, b: string): readonly TargetLink[] {
  const { own } = environment;
  const route = own?.cluster.route(a, b);
  if (route) return [route];
  const [actor, end] = own?.links.has(a) ? [a, b] : [b, a];
  const links = own?.links.get(actor) ?? [];
  const at = own?.nodes.findIndex(({ name }) => name === end) ?? -1;
  const found = at < 0 ? (end === "server" ? links : []) : links.slice(at, at + 1);
  if (found.length > 0) return found;
  throw new Error(`There is no link between ${a} and ${b}.`);
}
