// Event tally: how often each event came, by the scenario's name of the request or of the actor.
import type { HistoryEvent } from "./event.js";
import { type EventName, isUnexpectedReply, namesOf } from "./event-table.js";
import { isNamed } from "./select.js";

type EventCounts = Map<EventName, number>;

/** Kept up to date event by event: a step that waits among thousands of requests looks at one number. */
export class Tally {
  readonly #aliases: Aliases = new Map();
  /** By request: the name of each event so far, in order. A list takes a quarter of the memory of a Map. */
  readonly #ofRequests = new Map<string, EventName[]>();
  readonly #ofNames = new Map<string, EventCounts>();

  apply(event: HistoryEvent): void {
    if (isNamed(event)) this.#name(event.request, event.as);
    for (const name of namesOf(event)) {
      for (const owner of this.#owners(event)) add(this.#ofNames, owner, name);
      if ("request" in event) this.#note(event.request, name);
      // A request of an external actor has no name in the scenario: it counts for the actor.
      if (isUnexpectedReply(name) || ("request" in event && event.source === "wire"))
        add(this.#ofNames, event.actor, name);
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

  #note(request: string, name: EventName): void {
    const names = this.#ofRequests.get(request);
    if (names) names.push(name);
    else this.#ofRequests.set(request, [name]);
  }

  /** A request that is sent again under another name is the same request: earlier events count for the new name, too. */
  #name(request: string, alias: string): void {
    if (!addAlias(this.#aliases, request, alias)) return;
    for (const type of this.#ofRequests.get(request) ?? []) add(this.#ofNames, alias, type);
  }

  /** An event belongs to a request, or to an actor: its own, or what the laboratory did to it. */
  #owners(event: HistoryEvent): Iterable<string> {
    if ("request" in event) return aliasesOf(this.#aliases, event.request);
    return ["name" in event ? event.name : event.actor];
  }
}

/** The names of each request. Nearly all have one, which then needs no list. */
export type Aliases = Map<string, string | readonly string[]>;

export function aliasesOf(all: Aliases, request: string): readonly string[] {
  const known = all.get(request) ?? [];
  return typeof known === "string" ? [known] : known;
}

/** Whether it is new. */
export function addAlias(all: Aliases, request: string, alias: string): boolean {
  const known = aliasesOf(all, request);
  if (known.includes(alias)) return false;
  all.set(request, known.length === 0 ? alias : [...known, alias]);
  return true;
}

function add(all: Map<string, EventCounts>, owner: string, type: EventName, n = 1): void {
  const counts = all.get(owner) ?? new Map();
  all.set(owner, counts.set(type, (counts.get(type) ?? 0) + n));
}
