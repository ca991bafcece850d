// A schedule: which processes run, what they are asked to do at which moment, and which faults happen. The seed decides all of it.
import { type Random, randomOf } from "./random.js";

/** All times are milliseconds; `at` counts from the start of the load. */
export interface Schedule {
  seed: number;
  nodes: 1 | 3;
  ackWaitMs: number;
  /** Of the consumer; -1: no limit. */
  maxDeliver: number;
  /** Of the responders, so that every request that fails for good ends. */
  maxAttempts: number;
  requesters: RequesterPlan[];
  responders: ResponderPlan[];
  faults: Fault[];
  /** The dead letters are replayed after the faults. */
  replaysAtEnd: boolean;
}

export interface RequesterPlan {
  name: string;
  maxOutstanding?: number;
  steps: Step[];
}

export interface ResponderPlan {
  name: string;
  concurrency: number;
  prefetch: number;
  ackDelayMs: number;
}

/** What the payload of a request asks its handler to do. */
export interface Task {
  id: string;
  /** The number of the call: another one for each call with the same id. */
  call: number;
  workMs: number;
  /** So many deliveries throw RetryLaterError. */
  retries: number;
  parts: number;
  /**
   * `reply` after the work; `throw`: an error reply; `retry`: throws RetryLaterError until the faults are over; `stop`: throws when
   * its signal fires; `block`: works without an `await`.
   */
  manner: "reply" | "throw" | "retry" | "stop" | "block";
}

export type OnTimeout = "keep" | "cancel" | "expire";

export type Step =
  | { at: number; do: "request" | "many"; subject: string; task: Task; timeoutMs: number; onTimeout: OnTimeout }
  | { at: number; do: "send"; subject: string; task: Task }
  | { at: number; do: "cancel"; id: string }
  | { at: number; do: "collect"; id: string; requester: string; timeoutMs: number }
  | { at: number; do: "replay" };

export type Fault =
  | { at: number; forMs: number; do: "kill-requester"; target: string }
  | { at: number; forMs: number; do: "kill-responder" | "pause-responder"; target: string }
  /** Drains with a limit, ends, and starts again after `forMs`. */
  | { at: number; forMs: number; do: "drain-responder"; target: string; limitMs: number }
  | { at: number; forMs: number; do: "kill-server" | "pause-server" | "restart-server" }
  | { at: number; forMs: number; do: "kill-leader" | "pause-leader"; stream: string }
  | { at: number; forMs: number; do: "step-down"; stream: string }
  /** The stream refuses new messages. */
  | { at: number; forMs: number; do: "full-stream"; stream: string }
  /** The consumer is deleted, and made anew after `forMs`. */
  | { at: number; forMs: number; do: "recreate-consumer" };

export type FaultName = Fault["do"];

const names = { requesters: ["alice", "carol", "erin"], responders: ["bob", "dave", "frank"] };

export function scheduleOf(seed: number, nodes: 1 | 3): Schedule {
  const random = randomOf(seed);
  const loadMs = random.between(1_000, 2_500);
  const ackWaitMs = random.oneOf([500, 700, 1_000]);
  const responders = names.responders.slice(0, random.between(1, 3)).map((name) => responderOf(name, random));
  const requesterNames = names.requesters.slice(0, random.between(1, 3));
  const maxAttempts = random.between(3, 5);
  return {
    ...{ seed, nodes, ackWaitMs, maxAttempts, responders },
    maxDeliver: random.oneOf([-1, maxAttempts, maxAttempts + 2]),
    requesters: requestersOf(requesterNames, loadMs, random),
    faults: faultsOf(
      requesterNames,
      responders.map(({ name }) => name),
      { nodes, loadMs, ackWaitMs },
      random,
    ),
    replaysAtEnd: random.chance(50),
  };
}

function responderOf(name: string, random: Random): ResponderPlan {
  const concurrency = random.oneOf([1, 2, 4, 16]);
  return {
    ...{ name, concurrency },
    prefetch: concurrency * random.oneOf([1, 1, 2]),
    ackDelayMs: random.oneOf([0, 5, 5, 20]),
  };
}

// The load.

function requestersOf(requesters: readonly string[], loadMs: number, random: Random): RequesterPlan[] {
  const plans = new Map(requesters.map((name) => [name, [] as Step[]]));
  const calls = random.between(12, 40);
  for (let call = 1; call <= calls; call++) {
    const name = random.oneOf(requesters);
    const at = random.between(0, loadMs);
    const id = `${name}-${call}`;
    const task = taskOf(id, call, random);
    const subject = random.chance(4) ? "unknown-order" : "order";
    const step = callOf(at, subject, task, random);
    plans.get(name)?.push(step);
    for (const [by, further] of furtherSteps(step, name, requesters, { loadMs, calls }, random)) {
      plans.get(by)?.push(further);
    }
  }
  if (random.chance(40)) {
    plans.get(random.oneOf(requesters))?.push({ at: random.between(500, loadMs), do: "replay" });
  }
  return [...plans].map(([name, steps]) => ({
    name,
    ...(random.chance(15) ? { maxOutstanding: random.between(1, 6) } : {}),
    steps: steps.sort((a, b) => a.at - b.at),
  }));
}

function taskOf(id: string, call: number, random: Random): Task {
  const manner = random.weighted({ reply: 70, throw: 6, retry: 8, stop: 15, block: 1 });
  return {
    ...{ id, call, manner },
    workMs: manner === "block" ? random.between(50, 300) : random.oneOf([0, 0, 5, 20, 100, 300, 900]),
    retries: random.chance(12) ? random.between(1, 2) : 0,
    parts: 0,
  };
}

function callOf(at: number, subject: string, task: Task, random: Random): Step {
  const kind = random.weighted({ request: 60, send: 25, many: 15 });
  if (kind === "send") return { at, do: kind, subject, task };
  const onTimeout = random.weighted({ keep: 50, cancel: 30, expire: 20 });
  const timeoutMs = onTimeout === "expire" ? random.between(1_000, 2_000) : random.between(150, 2_000);
  const parts = kind === "many" ? random.between(0, 5) : 0;
  return { at, do: kind, subject, task: { ...task, parts }, timeoutMs, onTimeout };
}

/** A cancel, a second call with the same id, or an early collect; perhaps by another requester. */
function furtherSteps(
  step: Step,
  name: string,
  requesters: readonly string[],
  { loadMs, calls }: { loadMs: number; calls: number },
  random: Random,
): [string, Step][] {
  if (!("task" in step)) return [];
  const { id, call } = step.task;
  const by = random.chance(80) ? name : random.oneOf(requesters);
  const at = random.between(step.at, loadMs + 200);
  const further: [string, Step][] = [];
  if (random.chance(12)) further.push([by, { at, do: "cancel", id }]);
  if (random.chance(10)) {
    const task = { ...step.task, call: call + calls };
    const timeoutMs = random.between(200, 2_000);
    const again: Step = { at, do: "request", subject: step.subject, task, timeoutMs, onTimeout: "keep" };
    further.push([by, step.do === "request" ? again : { ...step, at, task }]);
  }
  if (random.chance(15)) {
    further.push([by, { at, do: "collect", id, requester: name, timeoutMs: random.between(100, 1_500) }]);
  }
  return further;
}

// The faults.

const streams = ["REQUESTS", "REPLIES", "DEAD_LETTERS"];

function faultsOf(
  requesters: readonly string[],
  responders: readonly string[],
  { nodes, loadMs, ackWaitMs }: { nodes: 1 | 3; loadMs: number; ackWaitMs: number },
  random: Random,
): Fault[] {
  const count = random.weighted({ 0: 8, 1: 25, 2: 30, 3: 22, 4: 15 });
  const faults: Fault[] = [];
  for (let n = 0; n < Number(count); n++) {
    const at = random.between(0, loadMs);
    const forMs = random.between(20, 900);
    const side = random.weighted({ requester: 20, responder: 45, server: 35 });
    if (side === "requester") faults.push({ at, forMs, do: "kill-requester", target: random.oneOf(requesters) });
    else if (side === "responder") faults.push(responderFault(at, forMs, ackWaitMs, random.oneOf(responders), random));
    else faults.push(nodes === 1 ? serverFault(at, forMs, random) : clusterFault(at, forMs, random));
  }
  return withoutOverlaps(faults.sort((a, b) => a.at - b.at));
}

function responderFault(at: number, forMs: number, ackWaitMs: number, target: string, random: Random): Fault {
  const kind = random.weighted({ "kill-responder": 45, "pause-responder": 30, "drain-responder": 25 });
  if (kind === "drain-responder") return { at, forMs, do: kind, target, limitMs: random.oneOf([0, 50, 500, 5_000]) };
  // A pause is of interest on both sides of ack_wait.
  if (kind === "pause-responder") return { at, forMs: random.between(50, 2 * ackWaitMs), do: kind, target };
  return { at, forMs, do: kind, target };
}

function serverFault(at: number, forMs: number, random: Random): Fault {
  const kind = random.weighted({ kill: 45, pause: 25, restart: 15, stream: 15 });
  if (kind === "stream") return streamFault(at, forMs, random);
  return { at, forMs, do: `${kind}-server` };
}

function clusterFault(at: number, forMs: number, random: Random): Fault {
  const kind = random.weighted({ "kill-leader": 30, "pause-leader": 30, "step-down": 30, stream: 10 });
  if (kind === "stream") return streamFault(at, forMs, random);
  return { at, forMs: kind === "pause-leader" ? forMs * 2 : forMs, do: kind, stream: random.oneOf(streams) };
}

function streamFault(at: number, forMs: number, random: Random): Fault {
  if (random.chance(60)) return { at, forMs, do: "full-stream", stream: random.oneOf(streams) };
  return { at, forMs: random.between(0, 100), do: "recreate-consumer" };
}

/** Milliseconds that a process gets to start again before its next fault. */
const pauseMs = 400;

/** A process that is down cannot fail, and one node of three at a time keeps the quorum. */
function withoutOverlaps(faults: readonly Fault[]): Fault[] {
  const freeAt = new Map<string, number>();
  return faults.filter((fault) => {
    const key = "target" in fault ? fault.target : "server";
    if (fault.at < (freeAt.get(key) ?? 0)) return false;
    freeAt.set(key, fault.at + fault.forMs + pauseMs + ("limitMs" in fault ? fault.limitMs : 0));
    return true;
  });
}
