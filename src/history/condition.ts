// Condition: what a scenario may expect of a value, and whether the value meets it.
import { countEach } from "./select.js";

/** A number (a count, milliseconds), or the outcomes of the requests of a name: of each, or how many have each. */
export type Seen = number | readonly string[] | ReadonlyMap<string, number>;

export const comparisons = {
  ">=": (a: number, b: number) => a >= b,
  "<=": (a: number, b: number) => a <= b,
  "!=": (a: number, b: number) => a !== b,
  ">": (a: number, b: number) => a > b,
  "<": (a: number, b: number) => a < b,
};
export type Comparison = keyof typeof comparisons;

export type NumberCondition =
  | { is: "exactly"; value: number }
  | { is: "compared"; by: Comparison; value: number }
  /** Both ends belong to it. */
  | { is: "between"; from: number; to: number };

export type Condition =
  | NumberCondition
  /** Every request has one of these outcomes. */
  | { is: "outcome"; oneOf: string[] }
  /** How many of the requests have each outcome; outcomes that are not named may come as often as they like. */
  | { is: "outcomes"; counts: Record<string, NumberCondition> };

export function meets(condition: Condition, seen: Seen): boolean {
  if (condition.is === "outcome")
    return typeof seen !== "number" && all(seen).every((one) => condition.oneOf.some((text) => isOutcome(text, one)));
  if (condition.is === "outcomes") return typeof seen !== "number" && tallied(condition.counts, countsIn(seen));
  return typeof seen === "number" && numberMeets(condition, seen);
}

function numberMeets(condition: NumberCondition, seen: number): boolean {
  switch (condition.is) {
    case "exactly":
      return seen === condition.value;
    case "compared":
      return comparisons[condition.by](seen, condition.value);
    case "between":
      return condition.from <= seen && seen <= condition.to;
  }
}

function tallied(counts: Record<string, NumberCondition>, seen: ReadonlyMap<string, number>): boolean {
  return Object.entries(counts).every(([text, condition]) => {
    let sum = 0;
    for (const [outcome, n] of seen) if (isOutcome(text, outcome)) sum += n;
    return numberMeets(condition, sum);
  });
}

const countsIn = (seen: Exclude<Seen, number>): ReadonlyMap<string, number> =>
  seen instanceof Map ? seen : countEach(seen as readonly string[]);

/** Without a request of this name there is one that is pending. */
function all(seen: Exclude<Seen, number>): string[] {
  const distinct = [...countsIn(seen).keys()];
  return distinct.length === 0 ? ["pending"] : distinct;
}

const open = ["ok", "error", "rejected", "expired", "cancelled", "dead-lettered", "ended", "failed"];

/** `ok` alone takes any payload; the other statuses, `ended` and `failed` take any text after them. */
function isOutcome(expected: string, actual: string): boolean {
  if (expected === actual) return true;
  return open.includes(expected) && new RegExp(`^${expected}\\b`).test(actual);
}

/** `ok 🥪`, or of several requests `998 × ok 🥪, 2 × timed-out`. */
export function seenText(seen: Seen, unit = ""): string | number {
  if (typeof seen === "number") return unit === "" ? seen : `${seen} ${unit}`;
  const distinct = countsIn(seen);
  const [[first, n] = ["pending", 1]] = distinct;
  if (distinct.size <= 1 && n === 1) return first;
  return [...(distinct.size > 4 ? byFirstWord(distinct) : distinct)]
    .map(([outcome, n]) => `${n} × ${outcome}`)
    .join(", ");
}

function byFirstWord(distinct: ReadonlyMap<string, number>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [outcome, n] of distinct) {
    const word = outcome.split(" ")[0] as string;
    counts.set(word, (counts.get(word) ?? 0) + n);
  }
  return counts;
}
