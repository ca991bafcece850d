// Handlers: which entry handles a subject, and which entries are refused.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InvalidInputError } from "../../src/index.js";
import { compareSpecificity, includes, matches, overlap } from "../internal/protocol.js";
import { HandlerTable } from "../internal/responder.js";

const table = (...patterns: string[]) => new HandlerTable(Object.fromEntries(patterns.map((name) => [name, name])));

describe("the entry that handles a subject", () => {
  const all = table(">", "eu.>", "eu.*.sandwich", "eu.orders.*", "eu.orders.sandwich", "*", "*.*.*", "tea");

  test.each([
    ["tea", "tea"],
    ["soup", "*"],
    ["eu.orders.sandwich", "eu.orders.sandwich"],
    ["eu.orders.soup", "eu.orders.*"],
    ["eu.menus.sandwich", "eu.*.sandwich"],
    ["us.orders.sandwich", "*.*.*"],
    ["eu.tea", "eu.>"],
    ["eu.a.b.c", "eu.>"],
    ["us.tea", ">"],
    ["a.b.c.d", ">"],
  ])("%s: %s", (subject, pattern) => {
    expect(all.find(subject)?.pattern).toBe(pattern);
  });

  test("a subject that no entry matches has none", () => {
    const some = table("tea", "eu.*", "us.>");
    for (const subject of ["soup", "eu", "eu.a.b", "us", "tea.green", "toString", "__proto__"]) {
      expect(some.find(subject), subject).toBeUndefined();
    }
  });

  test("the order in which the entries are written does not matter", () => {
    const patterns = ["a.>", "a.*.>", "*.b.*", "a.*.c", "a.b.*", ">", "*.>", "a.b.>"];
    const sorted = (names: string[]) =>
      table(...names)
        .entries()
        .map(({ pattern }) => pattern);
    expect(sorted(patterns)).toEqual(["a.b.*", "a.*.c", "*.b.*", "a.b.>", "a.*.>", "a.>", "*.>", ">"]);
    fc.assert(
      fc.property(fc.shuffledSubarray(patterns, { minLength: patterns.length }), (shuffled) => {
        expect(sorted(shuffled)).toEqual(sorted(patterns));
      }),
    );
  });
});

test.each([
  "",
  ".",
  "a..b",
  "a.",
  ".a",
  "a b",
  "a.>.b",
  ">.a",
  "a*",
  "a.b>",
  "a\nb",
  "x".repeat(129),
  "a.".repeat(300),
])("an entry for %j is refused, because no request can have the subject", (pattern) => {
  expect(() => table(pattern)).toThrow(InvalidInputError);
});

test.each([null, undefined, 5, {}])("the entry %j is neither a handler nor a payload", (entry) => {
  expect(() => new HandlerTable({ tea: entry as never })).toThrow(
    /handlers\["tea"\] to be a function, text, bytes, or an object/,
  );
});

describe("subjects with wildcards", () => {
  const token = fc.constantFrom("a", "b");
  const subject = fc.array(token, { minLength: 1, maxLength: 4 });
  const pattern = fc
    .tuple(fc.array(fc.constantFrom("a", "b", "*"), { maxLength: 3 }), fc.constantFrom("a", "*", ">"))
    .map(([tokens, last]) => [...tokens, last]);
  /** Every subject of up to six tokens from a and b: more than any of the patterns can tell apart. */
  const subjects: string[][] = [[]];
  for (let n = 0; n < 2 ** 7; n++) subjects.push([...n.toString(2).slice(1)].map((bit) => (bit === "0" ? "a" : "b")));
  const matched = (p: string[]) => subjects.filter((s) => s.length > 0 && matches(p, s));

  test("two overlap if some subject matches both", () => {
    fc.assert(
      fc.property(pattern, pattern, (p, q) => {
        const both = matched(p).some((s) => matches(q, s));
        expect(overlap(p, q)).toBe(both);
        expect(overlap(q, p)).toBe(both);
      }),
    );
  });

  test("one includes another if it matches all that the other matches", () => {
    // `*` includes `a` and `b`, and here there are no other tokens; so a pattern with `*` is not included by letters.
    fc.assert(
      fc.property(pattern, pattern, (p, q) => {
        if (includes(p, q)) expect(matched(q).every((s) => matches(p, s))).toBe(true);
        else expect(matched(q).every((s) => matches(p, s)) && matched(q).length > 0).toBe(false);
      }),
    );
  });

  test("what another includes sorts before it", () => {
    fc.assert(
      fc.property(pattern, pattern, (p, q) => {
        if (p.join(".") !== q.join(".") && includes(p, q)) expect(compareSpecificity(q, p)).toBeLessThan(0);
        expect(Math.sign(compareSpecificity(p, q))).toBe(-Math.sign(compareSpecificity(q, p)) + 0);
      }),
    );
  });

  test("a subject includes itself", () => {
    fc.assert(fc.property(subject, (s) => includes(s, s) && overlap(s, s)));
  });
});
