// Reads argument values; what cannot be read is named, with what was expected.
import { InvalidInput } from "../protocol/errors.js";
import { quote, requireOrder } from "../protocol/names.js";
import { nearest } from "../scenario/nearest.js";
import { parseDuration } from "../time/duration.js";

const hourMs = 3_600_000;

interface Bounds {
  leastMs?: number;
  mostHours?: number;
}

/** `500ms`, `1.5s`, `2m` or `24h` -> milliseconds. By default at most what a timer of Node can hold, some 24 days. */
export function duration(option: string, bounds: Bounds = {}): (text: string) => number {
  const { leastMs = 1, mostHours = 596 } = bounds;
  return (text) => {
    const ms = /^\d+(\.\d+)?h$/.test(text)
      ? Math.round(Number.parseFloat(text) * hourMs)
      : parseDuration(text);
    if (ms !== undefined && ms >= leastMs && ms <= mostHours * hourMs) return ms;
    const within = ms === undefined ? "" : ` from ${leastMs}ms to ${mostHours}h`;
    throw new InvalidInput(
      `Expected ${option} to be a duration like "500ms", "5s" or "2m"${within}, got ${quote(text)}.`,
    );
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

/** How often something happens. */
export function timesOrAlways(option: string): (text: string) => number | "always" {
  return (text) => {
    if (text === "always") return text;
    if (/^\d{1,9}$/.test(text)) return Number(text);
    throw new InvalidInput(
      `Expected ${option} to be a whole number, 0 or more, or "always", got ${quote(text)}.`,
    );
  };
}

/** A count from 1, or -1 for no limit, as nats-server has it. */
export function limit(option: string): (text: string) => number {
  return (text) => {
    if (text === "-1" || /^[1-9]\d{0,8}$/.test(text)) return Number(text);
    throw new InvalidInput(
      `Expected ${option} to be a whole number from 1, or -1 for no limit, got ${quote(text)}.`,
    );
  };
}

export function oneOf<T extends string>(option: string, ...choices: T[]): (text: string) => T {
  return (text) => {
    if (choices.includes(text as T)) return text as T;
    const [best] = nearest(text, choices);
    const hint = best === undefined ? "." : `; did you mean ${quote(best)}?`;
    throw new InvalidInput(`Expected ${option} to be ${choices.join(" or ")}, got ${quote(text)}${hint}`);
  };
}

/** `a,b` as a list without repetition, in the order of `choices`. */
export function listOf<T extends string>(option: string, ...choices: T[]): (text: string) => T[] {
  const one = oneOf(option, ...choices);
  return (text) => {
    const given = text.split(",").map((part) => one(part.trim()));
    return choices.filter((choice) => given.includes(choice));
  };
}

/** Collects `<option> order=reply` into one record. */
const entries =
  (option: string, example: string) =>
  (text: string, before: Record<string, string> = {}): Record<string, string> => {
    const [, order, reply] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    if (order !== undefined && reply !== undefined) return { ...before, [requireOrder(order)]: reply };
    throw new InvalidInput(
      `Expected ${option} to be an order and its reply like "${example}", got ${quote(text)}.`,
    );
  };

export const menuEntry = entries("--menu", "order-tea=🍵");
export const errorEntry = entries("--error", "order-tea=sold out");
export const partsEntry = entries("--parts", "order-meal=🥗,🍝,🍨");

/** Collects an option that may be given several times. */
export const each = (text: string, before: string[] = []): string[] => [...before, text];

/** For commands that start a server of their own: `.option(...serverVersion)`. */
export const serverVersion = [
  "--server-version <which>",
  "the nats-server to start: PATH, cache, a version, or the path of one",
] as const;
