// The faults of a history, and which of them bit. Pure.
import type { HistoryEvent } from "./event.js";
import { ofType } from "./select.js";

/** The names of the faults that had no observable effect: a run with one of them proves nothing. */
export function faultsWithoutEffect(history: readonly HistoryEvent[]): string[] {
  const bitten = ofType(history, "fault-bit").map(({ fault }) => fault);
  return ofType(history, "fault-injected").flatMap(({ fault }) => {
    const at = bitten.indexOf(fault);
    if (at < 0) return [fault];
    bitten.splice(at, 1);
    return [];
  });
}
