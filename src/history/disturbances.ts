// Disturbances: the times in which a server may lose what it was sent, so that its later behaviour proves nothing about it.
import type { HistoryEvent } from "./event.js";

/** Microseconds, both ends included. */
interface Interval {
  from: number;
  to: number;
  /** Of one actor only. Absent: of all. */
  actor?: string;
}

/**
 * - A fault, from its injection to its healing. One that needs no healing has effects for two seconds.
 * - A restart of the server, and another leader, two seconds before and after: the record comes later than the cause.
 * - The lost connection of an actor, and its kill.
 */
export class Disturbances {
  readonly #intervals: Interval[] = [];

  constructor(history: readonly HistoryEvent[]) {
    const faults = new Map<string, Interval>();
    const away = new Map<string, Interval>();
    const add = (interval: Interval) => {
      this.#intervals.push(interval);
      return interval;
    };
    for (const event of history) {
      const { t } = event;
      if (event.type === "fault-injected")
        faults.set(`${event.fault} ${event.id}`, add({ from: t - around, to: Number.POSITIVE_INFINITY }));
      if (event.type === "fault-healed") {
        const fault = faults.get(`${event.fault} ${event.id}`);
        if (fault) fault.to = t + around;
      }
      if (event.type === "server-restarted" || event.type === "advisory" || event.type === "leader-changed")
        if (event.type !== "advisory" || clusterAdvisories.includes(event.kind))
          add({ from: t - around, to: t + around });
      if (event.type === "disconnected")
        away.set(event.actor, add({ from: t - around, to: Number.POSITIVE_INFINITY, actor: event.actor }));
      if (event.type === "reconnected") {
        const lost = away.get(event.actor);
        if (lost) lost.to = t + around;
      }
      if (event.type === "actor-crashed" || event.type === "actor-stopped") {
        const lost = away.get(event.name);
        if (lost) lost.to = Math.min(lost.to, t + around);
        if (event.type === "actor-crashed") add({ from: t - around, to: t + around, actor: event.name });
      }
    }
  }

  /** Whether one falls into this time. `actors`: those whose own disturbances count, too. */
  in(from: number, to: number, ...actors: readonly string[]): boolean {
    return this.#intervals.some(
      (one) => one.from <= to && one.to >= from && (one.actor === undefined || actors.includes(one.actor)),
    );
  }
}

/** Microseconds. */
const around = 2_000_000;

const clusterAdvisories: readonly string[] = ["leader-elected", "quorum-lost"];
