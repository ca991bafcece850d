// Reads argument values; what cannot be read is named, with what was expected.
import { InvalidInput } from "../protocol/errors.js";
import { quote } from "../protocol/names.js";
import { parseDuration } from "../scenario/duration.js";

/** `500ms`, `1s`, `1.5s`, `2m` -> milliseconds. */
export function duration(option: string): (text: string) => number {
  return (text) => {
    const ms = parseDuration(text);
    if (ms !== undefined && ms > 0) return ms;
    throw new InvalidInput(`Expected ${option} to be a duration like "5s" or "500ms", got ${quote(text)}.`);
  };
}

export function wholeNumber(option: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const n = Number(text);
    if (/^-?\d+$/.test(text) && n >= least && n <= most) return n;
    throw new InvalidInput(
      `Expected ${option} to be a whole number from ${least} to ${most}, got ${quote(text)}.`,
    );
  };
}

export function oneOf<T extends string>(option: string, ...choices: T[]): (text: string) => T {
  return (text) => {
    if (choices.includes(text as T)) return text as T;
    throw new InvalidInput(`Expected ${option} to be ${choices.join(" or ")}, got ${quote(text)}.`);
  };
}

/** Collects `--menu order=reply` into a menu. */
export function menuEntry(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [, order, reply] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (order !== undefined && reply !== undefined) return { ...before, [order]: reply };
  throw new InvalidInput(
    `Expected --menu to be an order and its reply like "order-tea=🍵", got ${quote(text)}.`,
  );
}
