// What an expectation wants, as people write it: `3`, `">= 3"`, `2..5`, `"< 2s"`, `ok 🥪`, `[ok, cancelled]`, `{ ok: 3 }`.
import { type Comparison, type Condition, comparisons, type NumberCondition } from "../history/condition.js";
import { parseDuration } from "../time/duration.js";

export type Wanted = string | number | readonly string[] | Readonly<Record<string, string | number>>;

const operators = Object.keys(comparisons) as Comparison[];
const comparedPattern = new RegExp(`^(${operators.join("|")})\\s*(.+)$`);

export const countWords =
  'a count: a whole number, 0 or more, a comparison like ">= 3", or a range like 2..5';
export const timeWords = 'a comparison of times like "< 2s", or a range like 1s..2s';

/** `undefined` for what is no such condition. `unit` says what its numbers are. */
export function numberCondition(
  wanted: string | number,
  unit: "count" | "time",
): NumberCondition | undefined {
  const read = unit === "time" ? parseDuration : wholeNumber;
  if (typeof wanted === "number")
    return unit === "count" && Number.isInteger(wanted) && wanted >= 0
      ? { is: "exactly", value: wanted }
      : undefined;
  const [, by, rest = ""] = comparedPattern.exec(wanted) ?? [];
  if (by) {
    const value = read(rest);
    return value === undefined ? undefined : { is: "compared", by: by as Comparison, value };
  }
  const [from, to] = wanted.split("..").map((end) => read(end));
  if (!wanted.includes("..") || from === undefined || to === undefined || from > to) return undefined;
  return { is: "between", from, to };
}

const wholeNumber = (text: string) => (/^\d{1,9}$/.test(text) ? Number(text) : undefined);

/** Of a wanted value that was found to be right. */
export function conditionOf(wanted: Wanted, unit: "outcome" | "count" | "time"): Condition {
  if (unit === "outcome") return outcomeCondition(wanted);
  const condition = numberCondition(wanted as string | number, unit);
  if (condition === undefined) throw new Error(`a wanted value passed validation: ${JSON.stringify(wanted)}`);
  return condition;
}

function outcomeCondition(wanted: Wanted): Condition {
  if (typeof wanted === "string") return { is: "outcome", oneOf: [wanted] };
  if (isList(wanted)) return { is: "outcome", oneOf: [...wanted] };
  const counts = Object.entries(wanted).map(([outcome, n]) => [outcome, conditionOf(n, "count")]);
  return { is: "outcomes", counts: Object.fromEntries(counts) as Record<string, NumberCondition> };
}

export const isList = (wanted: Wanted): wanted is readonly string[] => Array.isArray(wanted);

/** As a sentence can hold it: `ok 🥪 or cancelled`, `ok: 3, timed-out: 1`. */
export function wantedText(wanted: Wanted): string | number {
  if (typeof wanted === "string" || typeof wanted === "number") return wanted;
  if (isList(wanted)) return wanted.join(" or ");
  return Object.entries(wanted)
    .map(([outcome, n]) => `${outcome}: ${n}`)
    .join(", ");
}
