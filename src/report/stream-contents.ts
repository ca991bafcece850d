// Stream contents: the messages that the streams hold, folded over the events.
import type { HistoryEvent, StoredReply } from "../history/event.js";
import type { EventOf } from "../history/select.js";
import { queueOfStream, queueOfSubject } from "../protocol/queue-names.js";

/** A request's latest message. */
interface Place {
  sequence: number;
  held: boolean;
}

const releases = ["acked", "terminated", "removed", "already-answered"];

/**
 * The work queue: a request is in it from its PubAck (or from its first delivery, where that is recorded earlier) until it is
 * acked, terminated or removed. Several processes record this, a little out of order: a late event of a message that is gone
 * does not bring it back. A replayed request is in the stream once more, under another number. A message TTL that runs out is no event: only the final read shows it.
 */
export class RequestsHeld {
  readonly #places = new Map<string, Place>();
  size = 0;

  /** With `stream`: only the events of that stream. */
  apply(event: HistoryEvent, stream?: string): void {
    if (!("request" in event)) return;
    const sequence = sequenceIn(event, stream);
    if (sequence !== undefined) this.#put(event.request, sequence);
    if (releases.includes(event.type) || wasRemoved(event)) this.#release(event.request);
  }

  #put(request: string, sequence: number): void {
    const place = this.#placeOf(request);
    if (sequence <= place.sequence) return;
    if (!place.held) this.size++;
    this.#places.set(request, { sequence, held: true });
  }

  #release(request: string): void {
    const place = this.#placeOf(request);
    if (place.held) this.size--;
    this.#places.set(request, { ...place, held: false });
  }

  #placeOf = (request: string): Place => this.#places.get(request) ?? { sequence: 0, held: false };
}

/** The place of a message that is in the stream, or was at this moment. */
function sequenceIn(event: HistoryEvent, stream?: string): number | undefined {
  const here = (name: string) => stream === undefined || name === stream;
  if (event.type === "stored" || event.type === "published-request")
    return here(event.stream) && !event.duplicate ? event.sequence : undefined;
  if (event.type === "replayed") return here(event.stream) ? event.sequence : undefined;
  if (event.type === "delivered") return isElsewhere(event.subject, stream) ? undefined : event.sequence;
  return undefined;
}

/** A reply that was delivered, or a request of another queue. */
function isElsewhere(subject: string, stream: string | undefined): boolean {
  if (subject.startsWith("_")) return true;
  const [ofStream, ofSubject] = [stream === undefined ? undefined : queueOfStream(stream), queueOfSubject(subject)];
  return ofStream !== undefined && ofSubject !== undefined && ofStream.queue !== ofSubject.queue;
}

function wasRemoved(event: HistoryEvent): boolean {
  return (event.type === "timed-out" || event.type === "withdrawn") && event.withdrawn === "removed";
}

/**
 * Replies stay when they are collected, each part of several replies as a message of its own. A replay removes the stored
 * `dead-lettered` of its request.
 */
export class RepliesHeld {
  readonly #held = new Set<string>();
  /** How many parts of each request. */
  readonly #parts = new Map<string, number>();
  /** The stored `dead-lettered` of each request, oldest first. */
  readonly #dead = new Map<string, string[]>();

  get size(): number {
    return this.#held.size;
  }

  /** With `stream`: only the events of that stream. */
  apply(event: HistoryEvent, stream?: string): void {
    if (event.type === "replayed") this.#removeDeadLettered(event.request);
    if (!isStored(event) || event.sequence === undefined) return;
    if (stream !== undefined && event.stream !== stream) return;
    const place = `${event.stream} ${event.sequence}`;
    if (event.type === "part-replied") this.#putPart(event.request, place);
    else if (event.type !== "published") this.#put(event, place);
    else if (/^([a-z0-9.-]+\.)?replies\./.test(event.subject)) this.#held.add(place);
  }

  /** How many messages there are, where whole replies were read: each says how many parts came before it. */
  read(replies: readonly StoredReply[]): number {
    const whole = new Set(replies.map(({ request }) => request));
    const orphans = [...this.#parts].filter(([request]) => !whole.has(request)).map(([, parts]) => parts);
    return [...replies.map(({ parts = 0 }) => 1 + parts), ...orphans].reduce((a, b) => a + b, 0);
  }

  #putPart(request: string, place: string): void {
    if (this.#held.size === this.#held.add(place).size) return;
    this.#parts.set(request, (this.#parts.get(request) ?? 0) + 1);
  }

  #put({ request, status }: EventOf<"replied" | "status-stored">, place: string): void {
    if (this.#held.size === this.#held.add(place).size || status !== "dead-lettered") return;
    this.#dead.set(request, [...(this.#dead.get(request) ?? []), place]);
  }

  #removeDeadLettered(request: string): void {
    const [oldest, ...rest] = this.#dead.get(request) ?? [];
    this.#dead.set(request, rest);
    if (oldest !== undefined) this.#held.delete(oldest);
  }
}

/** Whether the event is of a message that a reply stream may have stored. */
const isStored = (event: HistoryEvent): event is EventOf<"replied" | "part-replied" | "status-stored" | "published"> =>
  ["replied", "part-replied", "status-stored", "published"].includes(event.type);
