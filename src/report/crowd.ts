// The requests of a load do the same things many times: told of the first, and again when the last has done it.
import { isAsked } from "../history/asked.js";
import type { HistoryEvent } from "../history/event.js";

interface Load {
  as: string;
  count: number;
  /** How many of its events of each kind there were. */
  seen: Map<string, number>;
}

/** Of several replies each part comes as often as there are requests. */
const kindOf = (event: HistoryEvent) => ("part" in event ? `${event.type} ${event.part}` : event.type);

export class Crowd {
  readonly #loads = new Map<string, Load>();
  readonly #loadOf = new Map<string, Load>();

  /** Call it once with each event, in their order. */
  learn(event: HistoryEvent): void {
    if (event.type === "load-started") {
      const before = this.#loads.get(event.as);
      const seen = before?.seen ?? new Map<string, number>();
      this.#loads.set(event.as, { as: event.as, count: event.count + (before?.count ?? 0), seen });
    }
    if (!("request" in event)) return;
    if (isAsked(event)) this.#enlist(event.request, event.as);
    const seen = this.#loadOf.get(event.request)?.seen;
    seen?.set(kindOf(event), (seen.get(kindOf(event)) ?? 0) + 1);
  }

  /** Of an event just learnt: "" to tell it as it is, ` (60 of 60)` to say that it was the last, undefined to pass it over. */
  aside(event: HistoryEvent): string | undefined {
    const load = "request" in event ? this.#loadOf.get(event.request) : undefined;
    if (load === undefined || load.count === 1) return "";
    const n = load.seen.get(kindOf(event)) ?? 0;
    if (n === 1) return ` (first of ${load.count})`;
    return n === load.count ? ` (${n} of ${load.count})` : undefined;
  }

  #enlist(request: string, as: string | undefined): void {
    const load = as === undefined ? undefined : this.#loads.get(as);
    if (load) this.#loadOf.set(request, load);
  }
}
