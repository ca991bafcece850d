// What a fault may lay hands on. The runner supplies it; a test supplies its own.
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import type { EventBody } from "../history/event.js";
import type { Link } from "../link/index.js";
import type { ServerNode } from "../server/index.js";

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
    ServerNode,
    "name" | "running" | "storeDir" | "kill" | "terminate" | "restart" | "pause" | "resume" | "lameDuck"
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
