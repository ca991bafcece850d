// Message routes: where the messages of a history went.
import type { HistoryEvent } from "../history/event.js";
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
