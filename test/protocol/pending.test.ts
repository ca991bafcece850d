import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Deadlines, Place, type Waiting } from "../internal/protocol.js";

interface Entry extends Waiting<Entry> {
  readonly id: string;
}
const entry = (id: string, deadline: number): Entry => ({ id, deadline, place: new Place() });

test("due entries come out earliest first, also with time-outs of different lengths", () => {
  const table = new Table<Entry>();
  table.add(entry("long", 30), 30);
  table.add(entry("short", 10), 10);
  table.add(entry("middle", 21), 20);
  table.add(entry("long too", 31), 30);
  expect(table.nextDeadline()).toBe(10);
  expect(table.takeDue(9)).toEqual([]);
  expect(table.takeDue(30).map((e) => e.id)).toEqual(["short", "middle", "long"]);
  expect(table.size).toBe(1);
  expect(table.nextDeadline()).toBe(31);
});

test("an entry is removed once", () => {
  const table = new Table<Entry>();
  table.add(entry("a", 1), 1);
  expect(table.take("a")).toEqual(entry("a", 1));
  expect(table.take("a")).toBeUndefined();
  expect([table.get("a"), table.size, table.nextDeadline()]).toEqual([undefined, 0, undefined]);
});

/** Adds, takes and passing time in any order, against the simplest thing that could be right: a list. */
test("the pending table behaves like a sorted list", () => {
  const action = fc.oneof(
    fc.record({ do: fc.constant("add" as const), length: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ do: fc.constant("take" as const), nth: fc.nat(30) }),
    fc.record({ do: fc.constant("pass" as const), time: fc.integer({ min: 0, max: 4 }) }),
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const table = new Table<Entry>();
      let list: { id: string; deadline: number }[] = [];
      let now = 0;
      let count = 0;
      for (const a of actions) {
        if (a.do === "add") {
          const e = entry(String(count++), now + a.length);
          table.add(e, a.length);
          list.push(e);
        } else if (a.do === "take") {
          const found = list.find((e) => e.id === String(a.nth));
          expect(table.take(String(a.nth))).toBe(found);
          list = list.filter((e) => e !== found);
        } else {
          now += a.time;
          const due = table.takeDue(now);
          expect(new Set(due)).toEqual(new Set(list.filter((e) => e.deadline <= now)));
          expect(due.map((e) => e.deadline)).toEqual(due.map((e) => e.deadline).sort((x, y) => x - y));
          list = list.filter((e) => e.deadline > now);
        }
        expect(table.size).toBe(list.length);
        expect(table.all().length).toBe(list.length);
        const next = Math.min(...list.map((e) => e.deadline));
        expect(table.nextDeadline() ?? Number.POSITIVE_INFINITY).toBe(next);
      }
    }),
  );
});

test("the pending table is empty after a million requests with different time-outs", () => {
  const table = new Table<Entry>();
  const before = heap();
  for (let n = 0; n < 1_000_000; n++) {
    table.add(entry(String(n), n), n % 50);
    if (n >= 100) table.take(String(n - 100));
  }
  expect(table.size).toBe(100);
  expect(heap() - before).toBeLessThan(20_000_000);
  table.takeDue(1_000_000);
  expect([table.size, table.nextDeadline()]).toEqual([0, undefined]);
});

/** What is in use: without collecting first it would hold what other test files of this process left to be collected. */
function heap(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return process.memoryUsage().heapUsed;
}

/** `Deadlines` with the entries by id, as their users have them. */
class Table<T extends Waiting<T> & { readonly id: string }> {
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
