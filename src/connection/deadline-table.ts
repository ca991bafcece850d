// Deadlines of many requests: in order, under one timer. Pure but for the timer: time comes in as a parameter.

// Linked list: entries in the order of arrival, each of which can be removed from the middle.

/** The place of an entry: the list that it is in, and its neighbours there. */
export class Place<T> {
  list: object | undefined = undefined;
  before: T | undefined = undefined;
  after: T | undefined = undefined;
}

export interface Linked<T> {
  readonly place: Place<T>;
}

/**
 * A Set does the same, but V8 keeps what was in a former table of a large Set until a full garbage collection
 * (docs/performance.md).
 */
export class LinkedList<T extends Linked<T>> {
  size = 0;
  first: T | undefined = undefined;
  #last: T | undefined = undefined;

  has({ place }: T): boolean {
    return place.list === this;
  }

  add(entry: T): void {
    const last = this.#last;
    entry.place.list = this;
    entry.place.before = last;
    if (last) last.place.after = entry;
    else this.first = entry;
    this.#last = entry;
    this.size++;
  }

  /** Whether the entry was in this list. */
  remove(entry: T): boolean {
    const { place } = entry;
    if (place.list !== this) return false;
    const { before, after } = place;
    if (before) before.place.after = after;
    else this.first = after;
    if (after) after.place.before = before;
    else this.#last = before;
    place.list = place.before = place.after = undefined;
    this.size--;
    return true;
  }

  /** As they are now: entries may be added and removed while the result is read. */
  all(): T[] {
    const all: T[] = [];
    for (let at = this.first; at; at = at.place.after) all.push(at);
    return all;
  }
}

// Deadlines: one queue for each time-out length.

export interface Waiting<T> extends Linked<T> {
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
