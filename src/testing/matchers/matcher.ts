// What all matchers share: the shape that vitest (and jest) ask for, and waiting for a count that changes without an event.
import { setTimeout as pause } from "node:timers/promises";
import { Lab } from "../lab.js";

export interface MatcherContext {
  readonly isNot?: boolean;
}

export interface MatcherResult {
  pass: boolean;
  message: () => string;
}

export interface Within {
  /** Milliseconds until what is expected has to be so. Default 2000; 0 looks once. */
  withinMs?: number;
}

const defaultMs = 2_000;
const pollMs = 20;

export const deadline = ({ withinMs = defaultMs }: Within = {}) => withinMs;

/**
 * The last look, taken as soon as it is as wanted (with `.not`: as soon as it is not so), at the latest when the time is
 * over. The server tells nobody that an ack has arrived, so it is asked again and again.
 */
export async function settled<T>(
  context: MatcherContext,
  look: () => Promise<T>,
  wanted: (seen: T) => boolean,
  within?: Within,
): Promise<T> {
  const until = performance.now() + deadline(within);
  for (;;) {
    const seen = await look();
    if (wanted(seen) !== Boolean(context.isNot) || performance.now() >= until) return seen;
    await pause(pollMs);
  }
}

/** @throws TypeError where the value is not what the matcher is for: with `.not`, too. */
export function requireLab(matcher: string, received: unknown): Lab {
  if (received instanceof Lab) return received;
  throw new TypeError(`Expected expect(...).${matcher}() to be given a lab, got ${kindOf(received)}.`);
}

export function kindOf(value: unknown): string {
  if (value === null || value === undefined || typeof value === "number") return String(value);
  if (typeof value === "string") return JSON.stringify(value);
  return typeof value === "object" ? `a ${value.constructor?.name ?? "object"}` : `a ${typeof value}`;
}

export const messages = (n: number) => (n === 1 ? "1 message" : `${n} messages`);

export const indented = (text: string) => text.replace(/^(?=.)/gm, "  ");
