// Causal order: each event after the event of another process that caused it.
import type { HistoryEvent } from "./event.js";
import { firstReplyWon } from "./select.js";

// A process records that something is stored when the PubAck reaches it. Another process may have read, delivered or received it
// by then, so that the order of the clock has effects before their causes. In this order
// - a request is stored before it is delivered, and replayed before it is delivered again,
// - a reply, and each of its parts, is stored before it is received or collected, and before another reply is refused,
// - a cancel comes before the end of the handler that it aborts,
// - a fault is injected at its step: it is recorded when it is in place, and its first effects come before that record.
// Everything else stays in the order of the clock, which all processes of a run share.

/** What a later event can need of this one. */
function madeBy(event: HistoryEvent): string[] {
  switch (event.type) {
    case "stored":
    case "published-request":
      return event.duplicate ? [] : [placeOf(event.request, event.sequence)];
    case "replayed":
      return [placeOf(event.request, event.sequence)];
    case "puback-received":
      // A responder of a plain request has no id of it, and names it by its place in the stream.
      return [placeOf(`${event.stream}:${event.sequence}`, event.sequence)];
    case "replied":
    case "status-stored":
      return [`reply ${event.request}`, `reply ${event.request} ${event.status}`];
    case "part-replied":
      return [`part ${event.part} ${event.request}`];
    case "timed-out":
    case "withdrawn":
      return event.withdrawn === "already-running" ? [`cancel ${event.request}`] : [];
    case "dead-lettered":
      return [`dead letter ${event.sequence}`];
    default:
      return [];
  }
}

/** Undefined for an event that has no cause in another process. */
function neededBy(event: HistoryEvent): string | undefined {
  switch (event.type) {
    case "delivered":
      return placeOf(event.request, event.sequence);
    case "received":
    case "collected":
    case "orphaned-reply":
      return `reply ${event.request} ${event.status}`;
    case "part-received":
    case "part-collected":
      return `part ${event.part} ${event.request}`;
    case "already-answered":
      return `reply ${event.request}`;
    case "reply-refused":
      return firstReplyWon(event) ? `reply ${event.request}` : undefined;
    case "called-off":
      return event.status === "cancelled" ? `cancel ${event.request}` : undefined;
    case "replayed":
      return `dead letter ${event.deadLetter}`;
    default:
      return undefined;
  }
}

const placeOf = (request: string, sequence: number) => `place ${sequence} ${request}`;

/**
 * A whole history in causal order. An event that the clock has after its effect moves up to it, and gets the effect's time: it
 * happened by then, and was recorded later.
 * @param recorded in the order of the clock.
 */
export function causalOrder(recorded: readonly HistoryEvent[]): HistoryEvent[] {
  const events = faultsAtTheirSteps(recorded);
  const causes = new Map<string, number>();
  events.forEach((event, i) => {
    for (const key of madeBy(event)) if (!causes.has(key)) causes.set(key, i);
  });
  const ordered: HistoryEvent[] = [];
  const moved = new Set<number>();
  const put = (i: number, t: number) => {
    const event = events[i] as HistoryEvent;
    const need = neededBy(event);
    const cause = need === undefined ? undefined : causes.get(need);
    if (cause !== undefined && cause > i && !moved.has(cause)) {
      moved.add(cause);
      put(cause, t);
    }
    ordered.push(event.t === t ? event : { ...event, t });
  };
  events.forEach((event, i) => {
    if (!moved.has(i)) put(i, event.t);
  });
  return ordered;
}

const isInjection = (event: HistoryEvent) => event.type === "step" && event.step === "inject";

/** Steps and faults are paired in their order. */
function faultsAtTheirSteps(events: readonly HistoryEvent[]): readonly HistoryEvent[] {
  const injected = events.filter((event) => event.type === "fault-injected");
  const moved = new Map<HistoryEvent, HistoryEvent>();
  events.filter(isInjection).forEach((step, i) => {
    const fault = injected[i];
    if (fault && step.t <= fault.t) moved.set(step, fault);
  });
  if (moved.size === 0) return events;
  const left = new Set(moved.values());
  return events.flatMap((event) => {
    const fault = moved.get(event);
    if (fault) return [event, { ...fault, t: event.t }];
    return left.has(event) ? [] : [event];
  });
}

/** Milliseconds: a cause that comes later has come too late for the reader of a live story. */
const longestHold = 250;

/**
 * Events as they come, in causal order as far as possible: an effect waits for its cause, at most 250 ms. The other events of its
 * request that the same process recorded wait behind it.
 */
export class CausalStream implements Disposable {
  readonly #emit: (event: HistoryEvent) => void;
  readonly #made = new Set<string>();
  /** The held events, by process and request, the first of each still without its cause. */
  readonly #held = new Map<string, HistoryEvent[]>();
  /** By what the first event of a queue needs. */
  readonly #waiting = new Map<string, Set<string>>();
  readonly #deadlines: { at: number; queue: string; event: HistoryEvent }[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** What came since a step that injects a fault. */
  #injecting: { step: HistoryEvent; since: HistoryEvent[]; timer: NodeJS.Timeout } | undefined;

  constructor(emit: (event: HistoryEvent) => void) {
    this.#emit = emit;
  }

  push(event: HistoryEvent): void {
    if (this.#injecting && event.type !== "fault-injected") return void this.#injecting.since.push(event);
    if (this.#injecting) this.#injected({ ...event, t: this.#injecting.step.t });
    else this.#order(event);
    if (isInjection(event)) {
      const timer = setTimeout(() => this.#injected(), longestHold);
      this.#injecting = { step: event, since: [], timer };
    }
  }

  /** The fault, and then what came before its record. */
  #injected(fault?: HistoryEvent): void {
    const { since = [], timer } = this.#injecting ?? {};
    clearTimeout(timer);
    this.#injecting = undefined;
    if (fault) this.#order(fault);
    for (const event of since) this.push(event);
  }

  #order(event: HistoryEvent): void {
    const name = "request" in event ? `${event.actor} ${event.request}` : "";
    const queue = this.#held.get(name);
    // A PubAck confirms what happened before: the reply can reach its requester first.
    if (queue && event.type !== "stored") queue.push(event);
    else if (this.#isReady(event)) this.#release(event);
    else this.#hold(name, [event]);
  }

  /** Emits what is held. */
  [Symbol.dispose](): void {
    while (this.#injecting) this.#injected();
    clearTimeout(this.#timer);
    for (const [name, queue] of this.#held) {
      this.#held.delete(name);
      for (const event of queue) this.#release(event);
    }
  }

  #isReady(event: HistoryEvent): boolean {
    const need = neededBy(event);
    return need === undefined || this.#made.has(need);
  }

  #hold(name: string, queue: HistoryEvent[]): void {
    const [first] = queue as [HistoryEvent];
    const need = neededBy(first) as string;
    this.#held.set(name, queue);
    this.#waiting.set(need, (this.#waiting.get(need) ?? new Set()).add(name));
    this.#deadlines.push({ at: performance.now() + longestHold, queue: name, event: first });
    this.#timer ??= setTimeout(() => this.#expire(), longestHold);
  }

  #release(event: HistoryEvent): void {
    this.#emit(event);
    for (const key of madeBy(event)) {
      this.#made.add(key);
      const names = this.#waiting.get(key);
      this.#waiting.delete(key);
      for (const name of names ?? []) this.#drain(name);
    }
  }

  /** The first event of the queue is released in any case. */
  #drain(name: string): void {
    const queue = this.#held.get(name) ?? [];
    this.#held.delete(name);
    for (let first = queue.shift(); first; first = queue.shift()) {
      this.#release(first);
      const [next] = queue;
      if (next === undefined || this.#isReady(next)) continue;
      this.#hold(name, queue);
      return;
    }
  }

  #expire(): void {
    this.#timer = undefined;
    const now = performance.now();
    while (this.#deadlines[0] && this.#deadlines[0].at <= now) {
      const { queue, event } = this.#deadlines.shift() as { queue: string; event: HistoryEvent };
      if (this.#held.get(queue)?.[0] === event) this.#drain(queue);
    }
    const [next] = this.#deadlines;
    if (next) this.#timer = setTimeout(() => this.#expire(), Math.max(1, next.at - now));
  }
}
