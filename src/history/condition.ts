// Condition: what a scenario may expect of a value, and whether the value meets it.
import { countEach } from "./select.js";

/** A number (a count, milliseconds), or the outcome of each request of a name. */
export type Seen = number | readonly string[];

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
  if (condition.is === "outcomes") return typeof seen !== "number" && tallied(condition.counts, seen);
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

function tallied(counts: Record<string, NumberCondition>, seen: readonly string[]): boolean {
  return Object.entries(counts).every(([text, condition]) =>
    numberMeets(condition, seen.filter((one) => isOutcome(text, one)).length),
  );
}

/** Without a request of this name there is one that is pending. */
const all = (seen: readonly string[]) => (seen.length === 0 ? ["pending"] : seen);

const open = ["ok", "error", "rejected", "expired", "cancelled", "dead-lettered", "ended", "failed"];

/** `ok` alone takes any payload; the other statuses, `ended` and `failed` take any text after them. */
function isOutcome(expected: string, actual: string): boolean {
  if (expected === actual) return true;
  return open.includes(expected) && new RegExp(`^${expected}\\b`).test(actual);
}

/** `ok 🥪`, or of several requests `998 × ok 🥪, 2 × timed-out`. */
export function seenText(seen: Seen, unit = ""): string | number {
  if (typeof seen === "number") return unit === "" ? seen : `${seen} ${unit}`;
  if (seen.length <= 1) return seen[0] ?? "pending";
  const distinct = countEach(seen);
  const shown = distinct.size > 4 ? countEach(seen.map((one) => one.split(" ")[0] as string)) : distinct;
  return [...shown].map(([outcome, n]) => `${n} × ${outcome}`).join(", ");
}
