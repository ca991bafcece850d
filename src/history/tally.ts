// Event tally: how often each event came, by the scenario's name of the request or of the actor.
import type { HistoryEvent } from "./event.js";
import { type EventName, isUnexpectedReply, namesOf } from "./event-table.js";
import { isNamed } from "./select.js";

type EventCounts = Map<EventName, number>;

/** Kept up to date event by event: a step that waits among thousands of requests looks at one number. */
export class Tally {
  readonly #aliases = new Map<string, Set<string>>();
  readonly #ofRequests = new Map<string, EventCounts>();
  readonly #ofNames = new Map<string, EventCounts>();

  apply(event: HistoryEvent): void {
    if (isNamed(event)) this.#name(event.request, event.as);
    for (const name of namesOf(event)) {
      for (const owner of this.#owners(event)) add(this.#ofNames, owner, name);
      if ("request" in event) add(this.#ofRequests, event.request, name);
      if (isUnexpectedReply(name)) add(this.#ofNames, event.actor, name);
    }
  }

  /** `of` is a request's name, which may stand for many requests, or an actor's. */
  of(of: string, type: EventName): number {
    return this.#ofNames.get(of)?.get(type) ?? 0;
  }

  /** The numbers of this moment, for good. */
  snapshot(): Pick<Tally, "of"> {
    const counts = new Map([...this.#ofNames].map(([name, types]) => [name, new Map(types)]));
    return { of: (of, type) => counts.get(of)?.get(type) ?? 0 };
  }

  /** A request that is sent again under another name is the same request: earlier events count for the new name, too. */
  #name(request: string, alias: string): void {
    const known = this.#aliases.get(request) ?? new Set();
    if (known.has(alias)) return;
    this.#aliases.set(request, known.add(alias));
    for (const [type, n] of this.#ofRequests.get(request) ?? []) add(this.#ofNames, alias, type, n);
  }

  /** An event belongs to a request, or to an actor: its own, or what the laboratory did to it. */
  #owners(event: HistoryEvent): Iterable<string> {
    if ("request" in event) return this.#aliases.get(event.request) ?? [];
    return ["name" in event ? event.name : event.actor];
  }
}

function add(all: Map<string, EventCounts>, owner: string, type: EventName, n = 1): void {
  const counts = all.get(owner) ?? new Map();
  all.set(owner, counts.set(type, (counts.get(type) ?? 0) + n));
}
