// What each event is about: the one table that reading a history and waiting for its events (`after:`) go by. The
// compiler keeps it complete: an event added to the vocabulary has to be placed here.
import type { EventBody, EventType, HistoryEvent } from "./event.js";

/** request: carries a request id. actor: belongs to a process. run: about the whole run. */
type EventKind = "request" | "actor" | "run";

type Placed = {
  [T in EventType]: Extract<EventBody, { type: T }> extends { request: string } ? "request" : "actor" | "run";
};

export const eventKinds = {
  requested: "request",
  "turn-awaited": "request",
  "turn-refused": "request",
  stored: "request",
  "timed-out": "request",
  received: "request",
  "puback-received": "request",
  "no-responders": "request",
  collected: "request",
  "not-collected": "request",
  removed: "request",
  "part-received": "request",
  "part-collected": "request",
  "replies-ended": "request",
  "part-replied": "request",
  "request-failed": "request",
  withdrawn: "request",
  "status-stored": "request",
  delivered: "request",
  executed: "request",
  "called-off": "request",
  replied: "request",
  "reply-refused": "request",
  acked: "request",
  terminated: "request",
  "already-answered": "request",
  "dead-lettered": "request",
  replayed: "request",
  "published-request": "request",
  returned: "request",
  "foreign-reply": "request",
  "orphaned-reply": "request",
  drained: "actor",
  "actor-started": "actor",
  "actor-stopped": "actor",
  "actor-crashed": "actor",
  disconnected: "actor",
  reconnected: "actor",
  paused: "actor",
  resumed: "actor",
  // No step of a scenario brings these about: nothing in a timeline waits for them.
  "server-lame-duck": "run",
  "run-started": "run",
  "setup-applied": "run",
  step: "run",
  "server-restarted": "run",
  published: "run",
  "load-started": "run",
  advisory: "run",
  "fault-injected": "run",
  "fault-healed": "run",
  "fault-bit": "run",
  "leader-changed": "run",
  "messages-counted": "run",
  "message-held-back": "run",
  "requests-read": "run",
  "replies-read": "run",
} as const satisfies Placed;

/** The event types of one kind. */
export type EventsOf<K extends EventKind> = {
  [T in EventType]: (typeof eventKinds)[T] extends K ? T : never;
}[EventType];

export function eventsOf<K extends EventKind>(kind: K): EventsOf<K>[] {
  return (Object.keys(eventKinds) as EventType[]).filter(
    (type) => eventKinds[type] === kind,
  ) as EventsOf<K>[];
}

// What an event goes by where a scenario waits for it or counts it: its type, and for some a narrower name beside it.

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
