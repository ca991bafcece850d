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
