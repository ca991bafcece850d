// Whether anything in a run was left to chance, so that its seed is worth telling.
import type { HistoryEvent } from "./event.js";
import { ofType } from "./select.js";

/** A load whose orders were drawn: of one order, there is nothing to draw. */
export function wasRandom(events: readonly HistoryEvent[]): boolean {
  const loads = new Set(ofType(events, "load-started").map(({ as }) => as));
  const subjects = new Map<string, string>();
  return ofType(events, "requested").some(({ as, subject }) => {
    if (as === undefined || !loads.has(as)) return false;
    const first = subjects.get(as) ?? subject;
    subjects.set(as, first);
    return first !== subject;
  });
}
