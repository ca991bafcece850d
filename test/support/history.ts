// History builders: events in a line or two. `history(requested("r1"), stored("r1"))`
import type { Status } from "../../src/index.js";
import type { EventBody, HistoryEvent, RepliesEnd, StoredReply, StrategyName } from "../internal/history.js";

type Body<T extends EventBody["type"]> = Extract<EventBody, { type: T }>;

/** An event that may say who recorded it, and when. */
export type Told = EventBody & { actor?: string; t?: number; source?: "wire" | "broker" };

/** Stamps events one millisecond apart; who did them follows from their type, or from `by`. */
export function history(...bodies: Told[]): HistoryEvent[] {
  const counted = new Map<string, number>();
  return bodies.map((body, i) => {
    const actor = body.actor ?? actorOf(body);
    const n = (counted.get(actor) ?? 0) + 1;
    counted.set(actor, n);
    return { n, t: 1_000_000 + i * 1000, ...body, actor };
  });
}

export const by = <B extends EventBody>(actor: string, body: B): B & { actor: string } => ({ ...body, actor });

/** A second source says it: without `source` the actor itself. */
export const reported = (
  request: string,
  event: Body<"reported">["event"],
  source?: "wire" | "broker",
): Body<"reported"> & { source?: "wire" | "broker"; actor: string } => ({
  ...{ type: "reported", request, event, actor: source === "broker" ? "lab" : "bob" },
  ...(source && { source }),
});

export const onWire = <B extends EventBody>(body: B): B & { source: "wire" } => ({ ...body, source: "wire" });

/** At this many milliseconds after the first event's usual time. */
export const at = <B extends Told>(ms: number, body: B): B & { t: number } => ({ ...body, t: 1_000_000 + ms * 1000 });

const responderTypes =
  "delivered executed replied part-replied reply-refused acked terminated returned called-off already-answered dead-lettered drained".split(
    " ",
  );

function actorOf(body: EventBody): string {
  if (responderTypes.includes(body.type)) return "bob";
  return "request" in body ? "alice" : "run";
}

/** By the laboratory, in the place of another client. */
export const byHand = (request: string, as = "lunch", sequence = 1): Body<"published-request"> => ({
  type: "published-request",
  ...{ request, as, subject: "requests.order-sandwich", stream: "REQUESTS", sequence },
});

export const requested = (request: string, as?: string, strategy: StrategyName = "mailbox"): Body<"requested"> => ({
  type: "requested",
  request,
  subject: "requests.order-sandwich",
  strategy,
  timeoutMs: 1000,
  ...(as === undefined ? {} : { as }),
});

/** Nobody waits for its reply. */
export function unawaited(request: string, as?: string): Body<"requested"> {
  const { timeoutMs: _, ...sent } = requested(request, as);
  return sent;
}

export const turnAwaited = (request: string, as?: string): Body<"turn-awaited"> => ({
  ...unawaited(request, as),
  type: "turn-awaited",
  waiting: 1,
});

export const stored = (request: string, sequence = 1): Body<"stored"> => ({
  type: "stored",
  request,
  stream: "REQUESTS",
  sequence,
  duplicate: false,
});

export const timedOut = (request: string): Body<"timed-out"> => ({
  type: "timed-out",
  request,
  afterMs: 1002,
  remaining: 1,
  whereabouts: "queued",
  evidence: "the stream still holds it",
});

/** Given up, and taken back before anybody got it. */
export const withdrawn = (request: string, status: Status = "cancelled"): Body<"timed-out"> => ({
  ...timedOut(request),
  whereabouts: "ended",
  withdrawn: "removed",
  status,
});

/** The requester's own word in its mailbox, in a responder's place. */
export const statusStored = (request: string): Body<"status-stored"> => ({
  type: "status-stored",
  request,
  status: "cancelled",
  payload: "by alice",
  to: `replies.alice.${request}`,
  stream: "REPLIES",
  sequence: 1,
});

export const received = (request: string, payload = "🥪", status: Status = "ok"): Body<"received"> => ({
  type: "received",
  request,
  status,
  payload,
  late: false,
});

/** Heard by a living requester that made no such call. */
export const orphaned = (request: string): Body<"orphaned-reply"> => ({
  type: "orphaned-reply",
  request,
  status: "ok",
  payload: "🥪",
});

/** Of several replies, with the words of each part made from its number. */
export const partReplied = (request: string, part: number): Body<"part-replied"> => ({
  type: "part-replied",
  request,
  part,
  to: `replies.alice.${request}`,
  stream: "REPLIES",
  sequence: part,
});

export const partReceived = (request: string, part: number): Body<"part-received"> => ({
  type: "part-received",
  request,
  part,
  payload: `dish ${part}`,
});

export const partCollected = (request: string, part: number): Body<"part-collected"> => ({
  ...partReceived(request, part),
  type: "part-collected",
});

export const repliesEnded = (request: string, parts: number, by: RepliesEnd = "last"): Body<"replies-ended"> => ({
  type: "replies-ended",
  request,
  parts,
  by,
});

/** The last one of several replies. */
export const last = (request: string, parts: number): Body<"received"> => ({ ...received(request), parts });

export const collected = (request: string, payload = "🥪", sequence = 1): Body<"collected"> => ({
  type: "collected",
  request,
  status: "ok",
  payload,
  sequence,
});

export const notCollected = (request: string): Body<"not-collected"> => ({
  type: "not-collected",
  request,
  reason: "the mailbox is empty",
});

export const delivered = (request: string, delivery = 1): Body<"delivered"> => ({
  type: "delivered",
  request,
  subject: "requests.order-sandwich",
  sequence: 1,
  delivery,
});

export const executed = (request: string, delivery = 1): Body<"executed"> => ({ type: "executed", request, delivery });

/** A reply stored in the reply stream. */
export const replied = (request: string, payload = "🥪", sequence = 1): Body<"replied"> => ({
  ...sent(request, payload),
  to: `replies.alice.${request}`,
  stream: "REPLIES",
  sequence,
});

/** A reply published to an inbox. */
export const sent = (request: string, payload = "🥪"): Body<"replied"> => ({
  type: "replied",
  request,
  status: "ok",
  to: "_INBOX.x",
  payload,
});

export const refused = (request: string): Body<"reply-refused"> => ({
  type: "reply-refused",
  request,
  reason: "a reply is already stored",
});

export const acked = (request: string): Body<"acked"> => ({ type: "acked", request });

export const terminated = (request: string): Body<"terminated"> => ({
  type: "terminated",
  request,
  reason: "not on the menu",
});

/** What reading the request stream found, with what its consumer says it can deliver. */
export const requestsRead = (
  requests: string[],
  consumer: { pending?: number; ackPending?: number } = {},
): Body<"requests-read"> => ({ type: "requests-read", stream: "REQUESTS", requests, ...consumer });

export const repliesRead = (...replies: StoredReply[]): Body<"replies-read"> => ({
  type: "replies-read",
  stream: "REPLIES",
  replies,
});

export const kept = (request: string, payload = "🥪", sequence = 1): StoredReply => ({
  request,
  status: "ok",
  payload,
  subject: `replies.alice.${request}`,
  sequence,
});

/** Deleted by its own requester. */
export const removed = (request: string): Body<"removed"> => ({
  type: "removed",
  request,
  stream: "REQUESTS",
  sequence: 1,
});

/** Cancelled by its requester, before anybody got it. */
export const cancelled = (request: string): Body<"withdrawn"> => ({
  type: "withdrawn",
  request,
  withdrawn: "removed",
  status: "cancelled",
  evidence: "",
});

export const failed = (request: string, open = false): Body<"request-failed"> => ({
  type: "request-failed",
  request,
  error: "no stream",
  ...(open ? { open } : {}),
});

export const late = (request: string): Body<"received"> => ({ ...received(request), late: true });

export const runStarted = (scenario: string): Body<"run-started"> => ({
  type: "run-started",
  scenario,
  server: "nats-server 2.14.0",
});

export const actorStarted = (name: string, role: "requester" | "responder", pid = 1): Body<"actor-started"> => ({
  type: "actor-started",
  name,
  role,
  pid,
});
