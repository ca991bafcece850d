// What a fault is. The smallest is noop.ts: copy it to write another.

import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { z } from "zod";
import { durationPattern, toMs } from "../common/duration.js";
import type { EventBody } from "../history/event.js";
import type { Link } from "../link/index.js";
import type { NatsServer } from "../server/index.js";
import type { Evidence } from "./evidence.js";

/** What a run must have for a fault. `own-server`: not one that was given by its URL. */
const needs = ["own-server", "three-nodes", "own-disk", "root", "linux"] as const;
export type Need = (typeof needs)[number];

export interface Fault<Options = unknown> {
  /** One sentence, for people: what happens, and what makes it good again. */
  does: string;
  /** What a scenario file may say of it. Every option has a default, or is named as missing. */
  options: z.ZodType<Options>;
  needs: readonly Need[];
  /**
   * Resolves when it is in effect. One that waits for its effect says with `tell` what it does before it waits: the history
   * has causes first. @throws one sentence where it cannot be.
   */
  inject(target: Target, options: Options, tell: (what: string) => void): Promise<Injected>;
}

export interface Injected {
  /** What was done, completing "the laboratory ...": `freezes the server one`. */
  what: string;
  /** Makes good what can be. Called once. Absent where it is over at once: then only what happens within 2 s shows it. */
  heal?(): Promise<void>;
  /**
   * Which observable effect this injection had, in words; undefined where none shows, and the run proves nothing.
   * Pure: it goes by the history, and by when this injection was in effect.
   */
  bit: Evidence;
}

/** Ties the options' type to the schema's. */
export const fault = <Options>(definition: Fault<Options>): Fault<Options> => definition;

// What a fault may lay hands on. The runner supplies it; a test supplies its own.

export interface Target {
  /** A running actor. @throws where none of that name runs. */
  actor(name: string): TargetActor;
  /** The kit's own servers, one or three. */
  nodes: readonly TargetNode[];
  /** The links between two names: actors, nodes, or `server` for every node. @throws where there is none. */
  links(a: string, b: string): readonly TargetLink[];
  /**
   * The laboratory's own connection to one node; without a name to any. It is the target's to close, and when it breaks the
   * history says so.
   */
  connection(node?: string): Promise<NatsConnection>;
  /** The one source of chance: in [0, 1), and the same for the same seed. */
  random(): number;
  /** Notes what the fault itself saw. */
  record(event: EventBody): void;
}

export interface TargetActor {
  name: string;
  pid: number;
  /** SIGSTOP. Resolves when it stands still. */
  pause(): Promise<void>;
  /** SIGCONT; harmless where it is gone. */
  resume(): void;
  /** SIGKILL. */
  crash(): Promise<void>;
  /** In good order. */
  stop(): Promise<void>;
}

export type TargetLink = Pick<Link, "apply" | "reset" | "halfOpen" | "watch">;

export interface TargetNode
  extends Pick<
    NatsServer,
    "name" | "running" | "storeDir" | "kill" | "stop" | "restart" | "pause" | "resume" | "lameDuck"
  > {
  /** The disk of its own that its store is on, where it was given one. */
  disk?: TargetDisk;
}

export interface TargetDisk {
  /** Everything that was not synced is gone. The node must not run. */
  losePower(): Promise<void>;
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

/**
 * A server of a cluster may have no client of the scenario's at all: the laboratory connects to it, and so is one who loses
 * its connection when the server ends.
 */
export async function witness(target: Target, { name }: TargetNode): Promise<void> {
  if (target.nodes.length > 1) await target.connection(name);
}

/** For people: `the server`, where there is only one, or `the server two`. */
export const called = ({ name }: TargetNode) => (name === "server" ? "the server" : `the server ${name}`);

// The words that the options of faults are made of. Each schema's error completes "Expected `x` to be ...".

const durationWords = 'a duration like "5s", "500ms" or "2m"';

/** Text in a file, milliseconds for the fault. */
export const duration = z
  .string(durationWords)
  .regex(durationPattern, { error: durationWords, abort: true })
  .transform(toMs);

const nameWords = 'a name in lower case like "alice" or "bob-2"';
const name = z.string(nameWords).regex(/^[a-z][a-z0-9-]{0,63}$/, nameWords);

export const actor = name.describe("A requester or a responder.");
export const node = name.optional().describe("The server: `one`, `two` or `three`. Default: the first.");
export const stream = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]*$/, 'the name of a stream, like "REQUESTS"')
  .default("REQUESTS");
export const between = z
  .tuple([name, name], "two names, like [bob, server]")
  .describe("The two ends of the link: an actor and `server` or a node, or two nodes.");
