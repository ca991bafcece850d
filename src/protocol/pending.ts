// The requests that still wait: found by id, and due in order. Pure: time comes in as a parameter.

export interface Waiting {
  readonly id: string;
  /** Milliseconds on the caller's clock. */
  readonly deadline: number;
}

interface Queued<T> {
  entry: T;
  queue: Set<T>;
  timeoutMs: number;
}

/**
 * Requests with the same time-out length fall due in the order they were added, so each length keeps a queue
 * whose head is next; no request needs a timer of its own.
 */
export class PendingTable<T extends Waiting> {
  readonly #byId = new Map<string, Queued<T>>();
  readonly #queues = new Map<number, Set<T>>();

  get size(): number {
    return this.#byId.size;
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  get(id: string): T | undefined {
    return this.#byId.get(id)?.entry;
  }

  /** `timeoutMs` names the queue; all of one queue must be added in order of their deadlines. */
  add(entry: T, timeoutMs: number): void {
    const queue = this.#queues.get(timeoutMs) ?? new Set<T>();
    if (queue.size === 0) this.#queues.set(timeoutMs, queue);
    queue.add(entry);
    this.#byId.set(entry.id, { entry, queue, timeoutMs });
  }

  /** Removes and returns the request, or undefined when it does not wait (any more). */
  take(id: string): T | undefined {
    const queued = this.#byId.get(id);
    if (!queued) return undefined;
    const { entry, queue, timeoutMs } = queued;
    this.#byId.delete(id);
    queue.delete(entry);
    if (queue.size === 0) this.#queues.delete(timeoutMs);
    return entry;
  }

  /** Takes out everything whose deadline has come, the earliest first. */
  takeDue(now: number): T[] {
    const due: T[] = [];
    for (const queue of [...this.#queues.values()]) {
      for (const entry of queue) {
        if (entry.deadline > now) break;
        due.push(entry);
      }
    }
    for (const entry of due) this.take(entry.id);
    return due.sort((a, b) => a.deadline - b.deadline);
  }

  /** The next deadline, or undefined when nothing waits. */
  nextDeadline(): number | undefined {
    let next: number | undefined;
    for (const queue of this.#queues.values()) {
      const [head] = queue;
      if (head && (next === undefined || head.deadline < next)) next = head.deadline;
    }
    return next;
  }

  all(): T[] {
    return Array.from(this.#byId.values(), ({ entry }) => entry);
  }
}
