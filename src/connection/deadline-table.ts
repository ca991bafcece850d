// Deadlines of many requests: in order, under one timer. Pure but for the timer: time comes in as a parameter.
import { type Linked, LinkedList } from "./linked-list.js";

export interface Waiting<T> extends Linked<T> {
  readonly id: string;
  /** Milliseconds on the caller's clock. */
  readonly deadline: number;
}

class DeadlineQueue<T extends Waiting<T>> extends LinkedList<T> {
  readonly timeoutMs: number;

  constructor(timeoutMs: number) {
    super();
    this.timeoutMs = timeoutMs;
  }
}

/**
 * Requests with the same time-out length fall due in the order they were added, so each length keeps a queue
 * whose head is next; no request needs a timer of its own.
 */
export class Deadlines<T extends Waiting<T>> {
  readonly #queues = new Map<number, DeadlineQueue<T>>();

  /** `timeoutMs` names the queue; all of one queue must be added in order of their deadlines. */
  add(entry: T, timeoutMs: number): void {
    const queue = this.#queues.get(timeoutMs) ?? this.#newQueue(timeoutMs);
    queue.add(entry);
  }

  /** Without effect on an entry that is not in a queue. */
  remove(entry: T): void {
    const queue = entry.place.list as DeadlineQueue<T> | undefined;
    if (!queue) return;
    queue.remove(entry);
    if (!queue.first) this.#queues.delete(queue.timeoutMs);
  }

  /** Removes everything whose deadline has come, and returns it, the earliest first. */
  takeDue(now: number): T[] {
    const due: T[] = [];
    for (const { first } of this.#queues.values()) {
      for (let at = first; at && at.deadline <= now; at = at.place.after) due.push(at);
    }
    for (const entry of due) this.remove(entry);
    return due.sort((a, b) => a.deadline - b.deadline);
  }

  /** The next deadline, or undefined when nothing waits. */
  next(): number | undefined {
    let next: number | undefined;
    for (const { first } of this.#queues.values()) {
      if (first && (next === undefined || first.deadline < next)) next = first.deadline;
    }
    return next;
  }

  #newQueue(timeoutMs: number): DeadlineQueue<T> {
    const queue = new DeadlineQueue<T>(timeoutMs);
    this.#queues.set(timeoutMs, queue);
    return queue;
  }
}

/** Requests found by id, and due in order. */
export class PendingTable<T extends Waiting<T>> {
  readonly #byId = new Map<string, T>();
  readonly #deadlines = new Deadlines<T>();

  get size(): number {
    return this.#byId.size;
  }

  get(id: string): T | undefined {
    return this.#byId.get(id);
  }

  /** As `Deadlines.add`. */
  add(entry: T, timeoutMs: number): void {
    this.#deadlines.add(entry, timeoutMs);
    this.#byId.set(entry.id, entry);
  }

  /** Removes and returns the request, or undefined when it does not wait (any more). */
  take(id: string): T | undefined {
    const entry = this.#byId.get(id);
    if (!entry) return undefined;
    this.#byId.delete(id);
    this.#deadlines.remove(entry);
    return entry;
  }

  /** Takes out everything whose deadline has come, the earliest first. */
  takeDue(now: number): T[] {
    const due = this.#deadlines.takeDue(now);
    for (const { id } of due) this.#byId.delete(id);
    return due;
  }

  /** The next deadline, or undefined when nothing waits. */
  nextDeadline(): number | undefined {
    return this.#deadlines.next();
  }

  all(): T[] {
    return [...this.#byId.values()];
  }
}

// One timer for any number of deadlines: armed for the earliest.

export class OneTimer {
  readonly #onTime: () => void;
  #timer: NodeJS.Timeout | undefined;
  #at = Number.POSITIVE_INFINITY;

  constructor(onTime: () => void) {
    this.#onTime = onTime;
  }

  /** `deadline` is on the clock of `performance.now()`, in milliseconds; a later one than armed changes nothing. */
  arm(deadline: number): void {
    if (deadline >= this.#at) return;
    this.cancel();
    this.#at = deadline;
    const fire = () => {
      this.#at = Number.POSITIVE_INFINITY;
      this.#onTime();
    };
    this.#timer = setTimeout(fire, Math.max(0, deadline - performance.now()));
  }

  cancel(): void {
    clearTimeout(this.#timer);
    this.#at = Number.POSITIVE_INFINITY;
  }
}
