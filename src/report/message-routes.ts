// Message routes: where the messages of a history went.
import type { HistoryEvent } from "../history/event.js";
import { type EventOf, isBegun } from "../history/select.js";
import { queueNames, queueOfSubject } from "../protocol/queue-names.js";

/** Where messages went in a whole history: a diagram has to know this before it draws its first arrow. */
export class MessageRoutes {
  /** The streams of requests, by request. */
  readonly #streams = new Map<string, string>();
  readonly #requestStreams: readonly string[];
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
    this.#requestStreams = requestStreamsOf(events);
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
    if (type === "stored" || type === "published-request") setOnce(this.#streams, request, event.stream);
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
  /** Of one that no stream has, the stream of its queue. */
  requestStreamOf = (request: string): string => {
    const subject = this.requested(request)?.subject;
    const ofQueue = subject === undefined ? undefined : streamOfSubject(subject);
    const [first = "REQUESTS"] = this.#requestStreams;
    return this.#streams.get(request) ?? this.#requestStreams.find((stream) => stream === ofQueue) ?? first;
  };
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

/** A history names them where a request is stored or read. Never empty. */
export function requestStreamsOf(events: readonly HistoryEvent[]): string[] {
  const found = new Set<string>();
  for (const event of events) {
    const { type } = event;
    if (type === "stored" || type === "published-request" || type === "requests-read") found.add(event.stream);
    // A service has stored a plain request by surprise: no other event names the stream.
    else if (type === "puback-received" && found.size === 0) found.add(event.stream);
  }
  return found.size === 0 ? ["REQUESTS"] : [...found];
}

/** The stream of a request or a reply by the derived names of its queue. */
export function streamOfSubject(subject: string): string | undefined {
  const queue = queueOfSubject(subject);
  return queue && queueNames(queue).requestStream;
}
