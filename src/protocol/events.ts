// Events of the library: what a requester, a responder and a connection report, and the words they use.

/**
 * How a request ended: the header `Reply-Status` of its reply.
 * - ok, error: the handler returned, or threw.
 * - rejected: no handler for the subject.
 * - expired: its deadline passed (`onTimeout: "expire"`).
 * - cancelled: its requester cancelled it.
 * - dead-lettered: no attempt succeeded, and the request is kept in DEAD_LETTERS.
 */
export type Status = "ok" | "error" | "rejected" | "expired" | "cancelled" | "dead-lettered";

/** How a reply finds its requester. `core` is plain NATS request-reply, with nothing stored. */
export type StrategyName = LabReplyStrategy | "core";

/**
 * Where a timed-out request is, from the server's answers.
 * - scheduled: the server puts it into the queue later (`send` with `at` or `delayMs`).
 * - queued: in REQUESTS, not delivered yet.
 * - running: delivered, without an ack.
 * - stuck: still in REQUESTS, and never to be delivered again (`max_deliver`; nats-server #5564).
 * - replied: its reply is stored.
 * - ended: acknowledged or terminated, without a stored reply.
 * - gone: not in REQUESTS, and how it left is not known.
 * - unknown: the server gave no answer.
 */
export const whereaboutsWords = [
  "scheduled",
  "queued",
  "running",
  "stuck",
  "replied",
  "ended",
  "gone",
  "unknown",
] as const;
/** Where a timed-out request is (see `whereaboutsWords`). */
export type Whereabouts = (typeof whereaboutsWords)[number];

/**
 * The outcome of a cancel.
 * - removed: deleted from REQUESTS before any delivery, which is proven.
 * - already-running: a responder answered that it has it; its handler is aborted if it runs.
 * - stuck: delivered `max_deliver` times, and never again.
 * - already-answered: its reply is stored.
 * - unknown: none of these is proven.
 */
export type CancelOutcome = "removed" | "already-running" | "stuck" | "already-answered" | "unknown";

/**
 * What ends several replies. last: the reply itself. missing-part: one of its parts was not received and is not stored. maximum: the
 * wanted number has arrived. Of a core request also sentinel (the end mark), stall (a pause that was too long) and timeout.
 */
export const repliesEnds = ["last", "missing-part", "maximum", "sentinel", "stall", "timeout"] as const;
/** Why the replies to one request ended; `last` is the regular end. */
export type RepliesEnd = (typeof repliesEnds)[number];

/** How a reply can reach its requester: the one list of names. */
export const replyStrategies = ["inbox", "mailbox", "kv"] as const;

/** How the reply to a queued request reaches its requester. */
export type ReplyStrategy = (typeof replyStrategies)[number];

/** With those that exist to be compared: the strategies of the laboratory. */
export const labReplyStrategies = [...replyStrategies, "shared", "trial"] as const;
export type LabReplyStrategy = (typeof labReplyStrategies)[number];

/** What a requester does and receives. `request` is the request id; times are in milliseconds. */
export type RequesterEvent =
  | {
      type: "requested";
      request: string;
      /** Subject the request was published on, e.g. `requests.order-sandwich`. */
      subject: string;
      strategy: StrategyName;
      /** Until its call times out; absent for a request that is only sent (`requester.send`). */
      timeoutMs?: number;
      /** Those of the server and of the kit, and the address of the reply, if the event was read on a link. */
      headers?: Record<string, string>;
      /** The scenario's name for this request, where it has one. */
      as?: string;
      /** As text. The laboratory records it, up to 1,024 characters; a requester does not. */
      payload?: string;
      /** It carries `Request-Timeout`: no handler may begin it later than `timeoutMs` after it is stored. */
      expires?: true;
    }
  /** `maxOutstanding` requests have no reply yet: this one is not sent yet. `waiting`: how many wait for their turn, this one included. */
  | { type: "turn-awaited"; request: string; subject: string; strategy: StrategyName; as?: string; waiting: number }
  /** `maxWaiting` requests wait for their turn: this one was not sent, and will not be. */
  | { type: "turn-refused"; request: string; subject: string; strategy: StrategyName; as?: string; error: string }
  /** The next `count` requests of this name are a load; with a rate, each has its moment from here on. */
  | { type: "load-started"; as: string; count: number; ratePerSecond?: number }
  /** The PubAck arrived, or was lost and the request was found: the stream holds it. */
  | { type: "stored"; request: string; stream: string; sequence: number; duplicate: boolean }
  | {
      type: "timed-out";
      request: string;
      afterMs: number;
      /** Messages left in the request stream; absent where nothing is stored or the server gave no answer. */
      remaining?: number;
      whereabouts: Whereabouts;
      /** How the whereabouts are known, in words. */
      evidence: string;
      /** Absent where it was to stay queued. */
      withdrawn?: CancelOutcome;
      /** How a request that was removed has ended. */
      status?: Status;
    }
  /** A requester cancelled a request. */
  | { type: "withdrawn"; request: string; withdrawn: CancelOutcome; status: Status; evidence: string }
  /** The requester stored how its request ended, because no responder will. */
  | {
      type: "status-stored";
      request: string;
      status: Status;
      payload: string;
      to: string;
      stream: string;
      sequence: number;
    }
  /** A reply reached the living requester; `late` after its time-out. `parts`: how many came before it, as it says itself. */
  | { type: "received"; request: string; status: Status; payload: string; late: boolean; parts?: number }
  /** A reply reached the living requester that belongs to no call of its, open or given up: to its predecessor's, or a second one. */
  | { type: "orphaned-reply"; request: string; status: Status; payload: string }
  /** A message in its mailbox is no reply to it, for this `reason`. Its sender is not known. */
  | { type: "foreign-reply"; request: string; subject: string; reason: string }
  /**
   * One of several replies, number `part` from 1, was returned to its caller, in order; also a part that was read from its stream.
   * Of a core request `part` counts the replies.
   */
  | { type: "part-received"; request: string; part: number; payload: string }
  /** A later read of the mailbox found a part. */
  | { type: "part-collected"; request: string; part: number; payload: string }
  /** The last of several replies: so many parts were returned, and `by` is what ended them. */
  | { type: "replies-ended"; request: string; parts: number; by: RepliesEnd }
  /** A core request was answered with a JetStream PubAck instead of a reply. */
  | { type: "puback-received"; request: string; stream: string; sequence: number }
  | { type: "no-responders"; request: string; subject: string }
  /** A later read of the mailbox found the reply. `sequence` is the reply's in the reply stream. */
  | { type: "collected"; request: string; status: Status; payload: string; sequence: number }
  /** A later read found no reply, or not all of it: `reason` says why. `missing`: what comes after this part is there. */
  | { type: "not-collected"; request: string; reason: string; missing?: number }
  /** The requester deleted its own request from the stream: no responder will receive it. */
  | { type: "removed"; request: string; stream: string; sequence: number }
  /** `open`: the server may have stored it all the same. Otherwise it certainly did not. */
  | { type: "request-failed"; request: string; error: string; open?: true };

/** What a responder does. `request` is the request id; times are in milliseconds. */
export type ResponderEvent =
  /** `delivery` counts from 1; above 1 it is a redelivery. */
  | { type: "delivered"; request: string; subject: string; sequence: number; delivery: number }
  /** The handler ran to its end: the effect happened. It began `ranMs` before. */
  | { type: "executed"; request: string; delivery: number; ranMs?: number }
  /** The reply is stored (in `stream` at `sequence`), or was published to a core subject (neither). `payload` as it was sent. */
  | {
      type: "replied";
      request: string;
      status: Status;
      to: string;
      payload: string;
      stream?: string;
      sequence?: number;
      /** Those of the server and of the kit, if the event was read on a link. */
      headers?: Record<string, string>;
    }
  /** One of several replies, number `part` from 1, is stored under the address (in `stream` at `sequence`), or was sent there. */
  | { type: "part-replied"; request: string; part: number; to: string; stream?: string; sequence?: number }
  /** Cancelled or expired: its handler was aborted (`begun`), or did not begin. */
  | { type: "called-off"; request: string; status: Status; begun: boolean }
  /**
   * The reply stream already holds a reply for this request: the first one won. Or the PubAck is missing: the reply is kept, and its
   * mailbox is read before it is stored again. Or the server refused a reply to a core subject for want of a permission: then this
   * comes after `replied`, because a core publish is not confirmed.
   */
  | { type: "reply-refused"; request: string; reason: string; headers?: Record<string, string> }
  /** The reply, a part of it or the dead letter could not be stored yet. It is kept in memory and stored again. */
  | { type: "not-stored"; request: string; reason: string }
  /** The ack was sent; no server confirms it, and a kill at this moment may lose it. */
  | { type: "acked"; request: string }
  | { type: "terminated"; request: string; reason: string }
  /** A redelivered request whose reply was stored already: it is let go, and not executed again. */
  | { type: "already-answered"; request: string; status: Status }
  /**
   * Copied into `stream`, because there will be no further attempt. The reply `dead-lettered` follows. `omittedBytes`: so much of the
   * request did not fit, and the copy has no payload.
   */
  | { type: "dead-lettered"; request: string; reason: string; stream: string; sequence: number; omittedBytes?: number }
  /**
   * The server does not deliver it any more (`max_deliver`), and no reply is stored. It stays in the stream until a mirror, a source or
   * another consumer of the stream has it, too; then it becomes a dead letter, or is gone if it was terminated without a reply.
   */
  | { type: "stuck"; request: string; reason: string }
  /** Given back, to be delivered again at once or after a delay. */
  | { type: "returned"; request: string; reason: string }
  /** It asks for no more requests, and has finished or given back what it had. */
  | { type: "paused" }
  | { type: "resumed" }
  /** The server refuses to deliver: the consumer or its stream is gone, or JetStream is away. It is asked again, and this is one attempt. */
  | { type: "pull-failed"; error: string }
  /** The server delivers again. */
  | { type: "pull-recovered" }
  | { type: "drained" };

/** `Nats-Service-Error-Code` (ADR-32) of each status, from HTTP where HTTP has one; ok has none. */
const codes: Record<Exclude<Status, "ok">, string> = {
  error: "500",
  rejected: "404",
  expired: "408",
  cancelled: "499",
  "dead-lettered": "422",
};

export const statuses = ["ok", ...Object.keys(codes)] as Status[];

export const codeOf = (status: Exclude<Status, "ok">): string => codes[status];

/** The status a `Reply-Status` header names; undefined for one that is not known. */
export const asStatus = (text: string | undefined): Status | undefined => statuses.find((status) => status === text);

/** The status of a reply without a `Reply-Status`, from its ADR-32 code; a code of another service is an error. */
export function statusOfCode(code: string | undefined): Status | undefined {
  if (!code) return undefined;
  return statuses.find((status) => status !== "ok" && codes[status] === code) ?? "error";
}

/** What happens to a connection. */
export type ConnectionEvent =
  /** The server will shut down soon, and its clients have to move to another one. */
  | { type: "server-lame-duck"; server: string }
  | { type: "disconnected"; server: string }
  /** The connection is up again. */
  | { type: "reconnected" };

/** Any event of the library. */
export type LibraryEvent = RequesterEvent | ResponderEvent | ConnectionEvent;

/** Called with each event before the actor goes on. Leaving it out costs nothing. */
export type Observe<E extends { type: string } = LibraryEvent> = (event: E) => void;
