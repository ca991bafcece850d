// The requests that still wait: found by id, and due in order. Pure: time comes in as a parameter.

export interface Waiting {
  readonly id: string;
  /** Milliseconds on the caller's clock. */
  readonly deadline: number;
}

/** One entry's place in the queue of its time-out length. A Set would do, at three more look-ups for each request. */
interface Queued<T> {
  readonly entry: T;
  readonly queue: Queue<T>;
  before: Queued<T> | undefined;
  after: Queued<T> | undefined;
}

interface Queue<T> {
  readonly timeoutMs: number;
  first: Queued<T> | undefined;
  last: Queued<T> | undefined;
}

/**
 * Requests with the same time-out length fall due in the order they were added, so each length keeps a queue
 * whose head is next; no request needs a timer of its own.
 */
export class PendingTable<T extends Waiting> {
  readonly #byId = new Map<string, Queued<T>>();
  readonly #queues = new Map<number, Queue<T>>();

  get size(): number {
    return this.#byId.size;
  }

  get(id: string): T | undefined {
    return this.#byId.get(id)?.entry;
  }

  /** `timeoutMs` names the queue; all of one queue must be added in order of their deadlines. */
  add(entry: T, timeoutMs: number): void {
    const queue = this.#queues.get(timeoutMs) ?? this.#newQueue(timeoutMs);
    const before = queue.last;
    const queued = { entry, queue, before, after: undefined };
    if (before) before.after = queued;
    else queue.first = queued;
    queue.last = queued;
    this.#byId.set(entry.id, queued);
  }

  /** Removes and returns the request, or undefined when it does not wait (any more). */
  take(id: string): T | undefined {
    const queued = this.#byId.get(id);
    if (!queued) return undefined;
    this.#byId.delete(id);
    const { queue, before, after } = queued;
    if (before) before.after = after;
    else queue.first = after;
    if (after) after.before = before;
    else queue.last = before;
    if (!queue.first) this.#queues.delete(queue.timeoutMs);
    return queued.entry;
  }

  /** Takes out everything whose deadline has come, the earliest first. */
  takeDue(now: number): T[] {
    const due: T[] = [];
    for (const { first } of this.#queues.values()) {
      for (let at = first; at && at.entry.deadline <= now; at = at.after) due.push(at.entry);
    }
    for (const entry of due) this.take(entry.id);
    return due.sort((a, b) => a.deadline - b.deadline);
  }

  /** The next deadline, or undefined when nothing waits. */
  nextDeadline(): number | undefined {
    let next: number | undefined;
    for (const { first } of this.#queues.values()) {
      if (first && (next === undefined || first.entry.deadline < next)) next = first.entry.deadline;
    }
    return next;
  }

  all(): T[] {
    return Array.from(this.#byId.values(), ({ entry }) => entry);
  }

  #newQueue(timeoutMs: number): Queue<T> {
    const queue = { timeoutMs, first: undefined, last: undefined };
    this.#queues.set(timeoutMs, queue);
    return queue;
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
