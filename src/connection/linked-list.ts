// Linked list: entries in the order of arrival, each of which can be removed from the middle.

/** The places of an entry. A class that names these three fields from the start keeps one shape. */
export interface Linked {
  list?: object | undefined;
  before?: Linked | undefined;
  after?: Linked | undefined;
}

/**
 * An entry carries its own place, so nothing is allocated for it. A Set does the same, but the tables that it has outgrown hold on
 * to their entries until a full garbage collection (docs/performance.md).
 */
export class LinkedList<T extends Linked> {
  size = 0;
  first: T | undefined;
  #last: T | undefined;

  has(entry: T): boolean {
    return entry.list === this;
  }

  add(entry: T): void {
    const last = this.#last;
    entry.list = this;
    entry.before = last;
    if (last) last.after = entry;
    else this.first = entry;
    this.#last = entry;
    this.size++;
  }

  /** Whether the entry was in this list. */
  remove(entry: T): boolean {
    if (!this.has(entry)) return false;
    const { before, after } = entry;
    if (before) before.after = after;
    else this.first = after as T | undefined;
    if (after) after.before = before;
    else this.#last = before as T | undefined;
    entry.list = entry.before = entry.after = undefined;
    this.size--;
    return true;
  }

  /** As they are now: entries may be added and removed while the result is read. */
  all(): T[] {
    const all: T[] = [];
    for (let at: Linked | undefined = this.first; at; at = at.after) all.push(at as T);
    return all;
  }
}
