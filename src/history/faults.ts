// The faults of a history, and which of them bit. Pure.
import type { HistoryEvent } from "./event.js";
import { ofType } from "./select.js";

/**
 * The injections that had no observable effect, by the fault's name: a run with one of them proves nothing about it. Of a
 * fault that was injected several times, which one is told too: `cut (2 of 3)`. Older histories know names only.
 */
export function faultsWithoutEffect(history: readonly HistoryEvent[]): string[] {
  const injected = ofType(history, "fault-injected");
  const bits = ofType(history, "fault-bit");
  const without = injected.filter(
    ({ fault, id }) => !bits.some((bit) => bit.fault === fault && bit.id === id),
  );
  const names = without.map((one) => {
    const same = injected.filter(({ fault }) => fault === one.fault);
    const numbered = one.id !== undefined && same.length > 1;
    return numbered ? `${one.fault} (${same.indexOf(one) + 1} of ${same.length})` : one.fault;
  });
  return [...new Set(names)];
}
