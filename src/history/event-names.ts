// What an event goes by where a scenario waits for it or counts it: its type, and for some a narrower name beside it.
import type { EventType, HistoryEvent } from "./event.js";

/** The narrower names, each with the events that go by it. */
const narrower = {
  "late-reply": (event: HistoryEvent) => event.type === "received" && event.late,
} satisfies Record<string, (event: HistoryEvent) => boolean>;

export type NarrowerName = keyof typeof narrower;
export type EventName = EventType | NarrowerName;

export const narrowerNames = Object.keys(narrower) as NarrowerName[];

/** Counted for the requester that heard it, too: the request may have no name in the scenario. */
export const heardNames = ["late-reply", "orphaned-reply"] as const satisfies EventName[];

export const alsoOfActor = (name: EventName) => heardNames.some((heard) => heard === name);

/** Its type first. */
export const namesOf = (event: HistoryEvent): EventName[] => [
  event.type,
  ...narrowerNames.filter((name) => narrower[name](event)),
];
