// A target for faults in tests: real servers, real processes, and a history that is only a list.
import type { NatsConnection } from "@nats-io/nats-core";
import { watchConnection } from "../internal/connection.js";
import { type FaultName, faults, injectFault, type Target, type TargetActor } from "../internal/faults.js";
import type { EventBody, HistoryEvent } from "../internal/history.js";
import type { Link } from "../internal/link.js";
import type { TestCluster } from "../support/server.js";

export interface Bench extends Target {
  history: HistoryEvent[];
  /** Notes what somebody did. */
  note(actor: string, event: EventBody): void;
  /** Parses the options as a scenario file would give them, and injects. */
  inject(name: FaultName, options?: object): ReturnType<typeof injectFault>;
}

export interface BenchParts {
  cluster: Pick<TestCluster, "nodes" | "route" | "connect">;
  actors?: TargetActor[];
  /** By the two names, sorted and with a space between. */
  links?: Record<string, Link>;
  random?: () => number;
  /** The laboratory's own, by node: to be shared where servers are. */
  connections?: Map<string, Promise<NatsConnection>>;
}

export function bench(parts: BenchParts): Bench {
  const { cluster, actors = [], links = {}, random = () => 0.5, connections: opened = new Map() } = parts;
  const history: HistoryEvent[] = [];
  const note = (actor: string, event: EventBody) => {
    const t = Number(process.hrtime.bigint() / 1000n);
    history.push({ n: history.length + 1, t, actor, ...event });
  };
  const target: Target = {
    nodes: cluster.nodes,
    actor: (name) => {
      const found = actors.find((actor) => actor.name === name);
      if (found) return found;
      throw new Error(`${name} is not running.`);
    },
    links: (a, b) => {
      const link = links[[a, b].sort().join(" ")] ?? cluster.route(a, b);
      if (link) return [link];
      throw new Error(`There is no link between ${a} and ${b}.`);
    },
    connection: (node = cluster.nodes[0]?.name as string) => {
      const known = opened.get(node) ?? cluster.connect(node, { reconnectTimeWait: 20 });
      opened.set(node, known);
      return known;
    },
    random,
    record: (event) => note("lab", event),
  };
  const inject = (name: FaultName, options: object = {}) => {
    const fault = faults[name] as (typeof faults)["noop"];
    return injectFault(name, fault, fault.options.parse(options) as never, target);
  };
  return { ...target, history, note, inject };
}

/** Notes when a connection breaks and when it is back. */
export function watch(into: Bench, actor: string, nc: NatsConnection): () => void {
  return watchConnection(nc, {
    disconnected: (server) => into.note(actor, { type: "disconnected", server }),
    reconnected: () => into.note(actor, { type: "reconnected" }),
  });
}

/** One publish that waits for its PubAck, told as a request; it never rejects. */
export async function publish(
  into: Bench,
  nc: NatsConnection,
  id: string,
  timeoutMs = 2000,
  payload = id,
): Promise<boolean> {
  const common = { request: id, subject: "requests.x", strategy: "mailbox" as const, timeoutMs };
  into.note("alice", { type: "requested", ...common });
  try {
    const answer = await nc.request("requests.x", payload, { timeout: timeoutMs });
    const { seq, error } = answer.json<{ seq: number; error?: { description: string } }>();
    if (error) throw new Error(error.description);
    into.note("alice", { type: "stored", request: id, stream: "REQUESTS", sequence: seq, duplicate: false });
    return true;
  } catch (error) {
    into.note("alice", { type: "request-failed", request: id, error: (error as Error).message });
    return false;
  }
}
