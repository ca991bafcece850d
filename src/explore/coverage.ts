// Coverage: which pairs of an event and an open fault the runs of an exploration have shown.
import type { HistoryEvent } from "../history/event.js";
import { eventKinds } from "../history/event-table.js";

/** `delivered` while `kill-server` was open; `none` without a fault. */
export type Pair = `${string} ${string}`;

export class Coverage {
  readonly #seen = new Map<Pair, number>();

  /** @returns the pairs that no earlier run has shown. */
  add(events: readonly HistoryEvent[]): Pair[] {
    const fresh: Pair[] = [];
    for (const pair of pairsOf(events)) {
      const before = this.#seen.get(pair) ?? 0;
      if (before === 0) fresh.push(pair);
      this.#seen.set(pair, before + 1);
    }
    return fresh;
  }

  /** Each pair, and in how many runs it was seen. */
  get seen(): ReadonlyMap<Pair, number> {
    return this.#seen;
  }
}

/** Of the events of requests. A fault is open from its injection to its healing. */
function pairsOf(events: readonly HistoryEvent[]): Set<Pair> {
  const open = new Map<number | undefined, string>();
  const pairs = new Set<Pair>();
  for (const event of events) {
    if (event.type === "fault-injected") open.set(event.id, event.fault);
    else if (event.type === "fault-healed") open.delete(event.id);
    else if (eventKinds[event.type] === "request")
      for (const fault of open.size > 0 ? open.values() : ["none"]) pairs.add(`${event.type} ${fault}`);
  }
  return pairs;
}
