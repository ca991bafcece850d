// The run as a fault sees it: actors, servers and links by their names.
import type { NatsConnection } from "@nats-io/nats-core";
import { openConnection } from "../connection/connect.js";
import { observeConnection } from "../connection/observe.js";
import type { Target, TargetActor, TargetLink } from "../faults/index.js";
import type { EventBody } from "../history/event.js";
import { standstill } from "../server/index.js";
import type { Environment } from "./environment.js";

/** Of the run, what faults have to do with. */
export interface FaultHost {
  environment: Pick<Environment, "own" | "random" | "connection" | "jsm" | "streams">;
  actor(name: string): { pid: number };
  crashActor(name: string): Promise<void>;
  stopActor(name: string): Promise<void>;
  record(event: EventBody): void;
}

export interface LabTarget extends Target, AsyncDisposable {}

export function faultTarget(lab: FaultHost): LabTarget {
  const { own, random } = lab.environment;
  const connections = new Map<string, Promise<NatsConnection>>();
  const nodes = own?.nodes ?? [];
  const connection = (name = nodes[0]?.name ?? "") => {
    const node = own?.cluster.node(name);
    const settings = node ? { servers: node.url, ownServerOnly: true } : lab.environment.connection;
    const open = async () => {
      const nc = await openConnection({ ...settings, name: "jsrr" });
      if (own) observeConnection(nc, (event) => lab.record(event));
      return nc;
    };
    const known = connections.get(name) ?? open();
    connections.set(name, known);
    return known;
  };
  const close = async () => {
    for (const open of connections.values()) await open.then((nc) => nc.close()).catch(() => {});
  };
  return {
    ...{ nodes, connection, random },
    actor: (name) => targetActor(lab, name),
    links: (a, b) => linksBetween(lab, a, b),
    record: (event) => lab.record(event),
    [Symbol.asyncDispose]: close,
  };
}

function targetActor(lab: FaultHost, name: string): TargetActor {
  const { pid } = lab.actor(name);
  const signal = (signal: NodeJS.Signals) => {
    try {
      process.kill(pid, signal);
    } catch {
      // It is gone, which its exit tells.
    }
  };
  return {
    ...{ name, pid },
    pause: async () => {
      signal("SIGSTOP");
      await standstill(pid);
    },
    resume: () => signal("SIGCONT"),
    crash: () => lab.crashActor(name),
    stop: () => lab.stopActor(name),
  };
}

/** `server` stands for every node. */
function linksBetween({ environment }: FaultHost, a: string, b: string): readonly TargetLink[] {
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
