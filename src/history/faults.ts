// The faults of a history, and which of them bit. Pure.
import type { HistoryEvent } from "./event.js";
import { ofType } from "./select.js";

/**
 * The names of the faults that had no observable effect, however often they were injected: a run with one of them proves
 * nothing about it. (Of three servers that are restarted in turn, one may have had no clients.)
 */
export function faultsWithoutEffect(history: readonly HistoryEvent[]): string[] {
  const bitten = new Set(ofType(history, "fault-bit").map(({ fault }) => fault));
  const injected = new Set(ofType(history, "fault-injected").map(({ fault }) => fault));
  return [...injected].filter((fault) => !bitten.has(fault));
}
