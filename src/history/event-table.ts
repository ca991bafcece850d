// Event kinds: what each event type is about, by which name a scenario waits for it, and its note in a request's trail.
import type { EventBody, EventType, HistoryEvent } from "./event.js";

/** request: carries a request id. actor: belongs to a process. run: about the whole run. */
type EventKind = "request" | "actor" | "run";

/** The compiler asks for each type that is added to the vocabulary. */
type KindOfEach = {
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
  "not-stored": "request",
  stuck: "request",
  acked: "request",
  terminated: "request",
  "already-answered": "request",
  "dead-lettered": "request",
  replayed: "request",
  "published-request": "request",
  returned: "request",
  "foreign-reply": "request",
  reported: "request",
  "orphaned-reply": "request",
  drained: "actor",
  "actor-started": "actor",
  "actor-stopped": "actor",
  "actor-crashed": "actor",
  disconnected: "actor",
  reconnected: "actor",
  paused: "actor",
  "pull-failed": "actor",
  "pull-recovered": "actor",
  resumed: "actor",
  "setup-changed": "actor",
  // No step of a scenario causes these: nothing in a timeline waits for them.
  "server-lame-duck": "run",
  "run-started": "run",
  "setup-applied": "run",
  step: "run",
  "server-restarted": "run",
  published: "run",
  "load-started": "run",
  advisory: "run",
  "record-broken": "run",
  "fault-injected": "run",
  "fault-healed": "run",
  "fault-bit": "run",
  "leader-changed": "run",
  "peers-changed": "run",
  "messages-counted": "run",
  "message-held-back": "run",
  "requests-read": "run",
  "replies-read": "run",
} as const satisfies KindOfEach;

/** The event types of one kind. */
export type EventsOf<K extends EventKind> = {
  [T in EventType]: (typeof eventKinds)[T] extends K ? T : never;
}[EventType];

export function eventsOf<K extends EventKind>(kind: K): EventsOf<K>[] {
  return (Object.keys(eventKinds) as EventType[]).filter((type) => eventKinds[type] === kind) as EventsOf<K>[];
}

/** Names that a scenario may use beside the event types, each with the events that it stands for. */
const narrower = { "late-reply": (event: HistoryEvent) => event.type === "received" && event.late } satisfies Record<
  string,
  (event: HistoryEvent) => boolean
>;

export type NarrowerName = keyof typeof narrower;
export type EventName = EventType | NarrowerName;

export const narrowerNames = Object.keys(narrower) as NarrowerName[];

/** Counted for their requester, too: the request may have no name in the scenario. */
export const unexpectedReplyNames = ["late-reply", "orphaned-reply"] as const satisfies EventName[];

export const isUnexpectedReply = (name: EventName) => unexpectedReplyNames.some((one) => one === name);

/** What a scenario may call an event: its type first. */
export const namesOf = (event: HistoryEvent): EventName[] => [
  event.type,
  ...narrowerNames.filter((name) => narrower[name](event)),
];

/** The one thing that distinguishes an event from others of its type in a request's trail. */
export function trailNote(event: HistoryEvent): string | undefined {
  switch (event.type) {
    case "stored":
    case "published-request":
      return `message ${event.sequence}${event.duplicate ? ", a duplicate" : ""}`;
    case "replayed":
      return `message ${event.sequence}`;
    case "delivered":
      return event.delivery > 1 ? `delivery ${event.delivery}` : undefined;
    case "part-replied":
      return `part ${event.part}`;
    case "part-received":
    case "part-collected":
      return cut(`part ${event.part}: ${event.payload}`);
    case "replies-ended":
      return `by ${event.by}`;
    case "timed-out":
      return event.withdrawn ?? event.whereabouts;
    case "withdrawn":
      return event.withdrawn;
    case "received":
    case "collected":
    case "replied":
      return cut(`${event.status} ${event.payload}`.trimEnd());
    case "terminated":
    case "returned":
    case "reply-refused":
    case "not-stored":
    case "stuck":
    case "not-collected":
    case "dead-lettered":
      return cut(event.reason);
    case "request-failed":
    case "pull-failed":
      return cut(event.error);
    case "reported":
      return `${event.event}${event.status ? ` ${event.status}` : ""}, ${reporters[event.source ?? "own"]}`;
    default:
      return undefined;
  }
}

const reporters = { own: "as its own record says", wire: "on its link", broker: "as the broker received it" };

const cut = (text: string) => {
  const characters = [...text];
  return characters.length > 40 ? `${characters.slice(0, 39).join("")}…` : text;
};
