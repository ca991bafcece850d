// Message routes: where the messages of a history went, and the order in which a diagram shows its events.
import type { EventType, HistoryEvent } from "../history/event.js";
import { type EventOf, isBegun } from "../history/select.js";

/** Where messages went in a whole history: a diagram has to know this before it draws its first arrow. */
export class MessageRoutes {
  readonly requestStream: string;
  /** Services record nothing: where there is only one, it is the one that answers. */
  readonly service: string | undefined;
  /** The streams that stored plain requests by surprise, by request. */
  readonly storedIn = new Map<string, string>();
  /** How a request is called in the diagram. */
  readonly name: (event: { request: string }) => string;
  readonly #requested = new Map<string, EventOf<"requested">>();
  readonly #requesters = new Map<string, string>();
  readonly #replied = new Map<string, { stream?: string; actor: string }>();
  readonly #received = new Set<string>();

  constructor(events: readonly HistoryEvent[], name: (event: { request: string }) => string) {
    this.name = name;
    this.requestStream = requestStreamOf(events);
    const services = new Set<string>();
    for (const event of events) {
      if (event.type === "actor-started" && event.role === "service") services.add(event.name);
      if ("request" in event) this.#learn(event);
    }
    this.service = services.size === 1 ? [...services][0] : undefined;
  }

  #learn(event: HistoryEvent & { request: string }): void {
    const { type, request } = event;
    if (type === "requested" && !this.#requested.has(request)) this.#requested.set(request, event);
    if (isBegun(event)) setOnce(this.#requesters, request, event.actor);
    if (type === "puback-received") {
      this.storedIn.set(request, event.stream);
      const requester = this.#requesters.get(request);
      if (requester !== undefined) this.#requesters.set(`${event.stream}:${event.sequence}`, requester);
    }
    if (type === "replied" || type === "part-replied" || type === "status-stored")
      setOnce(this.#replied, request, event);
    if (type === "received") this.#received.add(request);
    if (type === "part-received") this.#received.add(`${request} ${event.part}`);
  }

  requested = (request: string): EventOf<"requested"> | undefined => this.#requested.get(request);
  /** A core request: no stream stores it on purpose. */
  isCore = (request: string) => this.requested(request)?.strategy === "core";
  requesterOf = (request: string) => this.#requesters.get(request);
  /** Undefined for replies to an inbox. */
  replyStream = (request: string) => this.#replied.get(request)?.stream;
  /** The stream that holds a request's replies; for an inbox the actor that sent them. */
  repliesFrom = (request: string) => this.replyStream(request) ?? this.#replied.get(request)?.actor;
  /** The reply, or one of its parts, reached the living requester. */
  wasReceived = (request: string, part?: number) =>
    this.#received.has(part === undefined ? request : `${request} ${part}`);
}

function setOnce<V>(map: Map<string, V>, key: string, value: V): void {
  if (!map.has(key)) map.set(key, value);
}

/** A history names it first where a request is stored or read. */
export function requestStreamOf(events: readonly HistoryEvent[]): string {
  for (const event of events) {
    if (event.type === "stored" || event.type === "published-request") return event.stream;
    if (event.type === "requests-read" || event.type === "puback-received") return event.stream;
  }
  return "REQUESTS";
}

// A process records that it stored something when the PubAck reaches it; the reader may have recorded its read already,
// microseconds earlier. A diagram must not show a reply that arrives before it is sent.

/** What of the same request has to come first: any one of these. */
const causes: { [T in EventType]?: EventType[] } = {
  delivered: ["stored", "published-request"],
  received: ["replied", "status-stored"],
  collected: ["replied", "status-stored"],
  "orphaned-reply": ["replied", "status-stored"],
  "part-received": ["part-replied"],
  "part-collected": ["part-replied"],
};

/** The same events. Where an effect comes before its only cause, the cause is moved up to it; all else stays. */
export function causalOrder(events: readonly HistoryEvent[]): HistoryEvent[] {
  const upcoming = new Map<string, HistoryEvent>();
  for (const event of events) {
    const key = keyOf(event, event.type);
    if (key !== undefined && !upcoming.has(key)) upcoming.set(key, event);
  }
  const done = new Set<HistoryEvent>();
  return events.flatMap((event) => {
    if (done.has(event)) return [];
    const before = (causes[event.type] ?? []).flatMap((type) => upcoming.get(keyOf(event, type) ?? "") ?? []);
    const moved = before.some((cause) => done.has(cause)) ? [] : before.slice(0, 1);
    for (const one of [...moved, event]) done.add(one);
    return [...moved, event];
  });
}

/** Of several replies each part has its own cause. */
const keyOf = (event: HistoryEvent, type: EventType) =>
  "request" in event ? `${type} ${event.request} ${"part" in event ? event.part : ""}` : undefined;
