// Faults: their interface, their target, and the options that several have. The smallest is noop.ts: copy it.
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { z } from "zod";
import { durationPattern, toMs } from "../common/duration.js";
import type { EventBody } from "../history/event.js";
import type { Link } from "../link/index.js";
import type { NatsServer } from "../server/index.js";
import type { Evidence } from "./evidence.js";

/** Requirements of a run. `own-server`: started by the kit, not named by a URL. */
const needs = ["own-server", "three-nodes", "own-disk", "root", "linux"] as const;
export type Need = (typeof needs)[number];

export interface Fault<Options = unknown> {
  /** One sentence, for people: what happens, and what makes it good again. */
  does: string;
  /** What a scenario file may say of it. Every option has a default, or is named as missing. */
  options: z.ZodType<Options>;
  needs: readonly Need[];
  /**
   * Resolves when it is in effect. A fault that waits for its effect calls `announce` first, because the history has causes
   * before effects. @throws one sentence if it cannot be injected.
   */
  inject(target: Target, options: Options, announce: (what: string) => void): Promise<Injected>;
}

export interface Injected {
  /** What was done, completing "the laboratory ...": `freezes the server one`. */
  what: string;
  /** Repairs what can be repaired. Called once. Without it, only events within 2 s count as the effect. */
  heal?: (() => Promise<void>) | undefined;
  /**
   * Which observable effect this injection had, in words; undefined where none shows, and the run proves nothing.
   * Pure: it goes by the history, and by when this injection was in effect.
   */
  bit: Evidence;
}

/** Infers the type of the options from the schema. */
export const fault = <Options>(definition: Fault<Options>): Fault<Options> => definition;

/** What a fault can break. The runner supplies it; a test supplies its own. */
export interface Target {
  /** @throws if no actor of that name is running. */
  actor(name: string): TargetActor;
  /** The kit's own servers, one or three. */
  nodes: readonly TargetNode[];
  /** The links between two names: actors, nodes, or `server` for every node. @throws if there is none. */
  links(a: string, b: string): readonly TargetLink[];
  /**
   * The laboratory's own connection to one node; without a name to any. The target closes it, and records when it breaks.
   */
  connection(node?: string): Promise<NatsConnection>;
  /** In [0, 1); the same sequence for the same seed. */
  random(): number;
  /** Adds an event to the history. */
  record(event: EventBody): void;
}

export interface TargetActor {
  name: string;
  pid: number;
  /** SIGSTOP. Resolves when the process has stopped. */
  pause(): Promise<void>;
  /** SIGCONT; harmless if it is gone. */
  resume(): void;
  /** SIGKILL. */
  crash(): Promise<void>;
  /** SIGTERM. */
  stop(): Promise<void>;
}

export type TargetLink = Pick<Link, "apply" | "reset" | "halfOpen" | "watch">;

export interface TargetNode
  extends Pick<
    NatsServer,
    "name" | "running" | "storeDir" | "kill" | "stop" | "restart" | "pause" | "resume" | "lameDuck"
  > {
  /** The separate disk of its store, if the run made one. */
  disk?: TargetDisk;
}

export interface TargetDisk {
  /** Loses all that was not synced. The node must not run. */
  losePower(): Promise<void>;
  /** Takes all free room. */
  fill(): Promise<void>;
  makeRoom(): Promise<void>;
}

/** The node of that name; without a name the first. */
export function nodeOf({ nodes }: Target, name?: string): TargetNode {
  const found = name === undefined ? nodes[0] : nodes.find((node) => node.name === name);
  if (found) return found;
  const there = nodes.map((node) => node.name).join(", ") || "none that is the kit's own";
  throw new Error(`There is no server ${name ?? "to break"}; there is ${there}.`);
}

/** For stream operations; `answerMs` bounds each of them. */
export async function managerOf(target: Target, node?: string, answerMs = 5000): Promise<JetStreamManager> {
  return jetstreamManager(await target.connection(node), { checkAPI: false, timeout: answerMs });
}

/** In a cluster: connects the laboratory to the node, so that one client at least loses its connection when it ends. */
export async function connectLab(target: Target, { name }: TargetNode): Promise<void> {
  if (target.nodes.length > 1) await target.connection(name);
}

/** For people: `the server`, where there is only one, or `the server two`. */
export const labelOf = ({ name }: TargetNode) => (name === "server" ? "the server" : `the server ${name}`);

// Options. Each schema's error completes "Expected `x` to be ...".

const durationWords = 'a duration like "5s", "500ms" or "2m"';

/** Text in a file, milliseconds for the fault. */
export const duration = z
  .string(durationWords)
  .regex(durationPattern, { error: durationWords, abort: true })
  .transform(toMs);

const nameWords = 'a name in lower case like "alice" or "bob-2"';
const name = z.string(nameWords).regex(/^[a-z][a-z0-9-]{0,63}$/, nameWords);

/** Of a server, without roles. */
export const nodeName = name;
export const actor = name.describe("A requester or a responder.");
/** What a server is to a stream. It is looked up when the fault is injected. */
export const roles = ["leader", "follower"];
const nodeText = "The server: `one`, `two`, ..., or its role at that moment: `leader` or `follower` of the stream.";
export const node = name.optional().describe(`${nodeText} Default: the first.`);
export const stream = z
  .string()
  .regex(/^[A-Z0-9][A-Z0-9_-]*$/, 'the name of a stream, like "REQUESTS"')
  .default("REQUESTS");
export const between = z
  .tuple([name, name], "two names, like [bob, server]")
  .describe(
    "The two ends of the link: an actor and `server` or a node, or two nodes. A node may be `leader` or `follower`.",
  );
