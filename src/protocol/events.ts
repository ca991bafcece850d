// The words that events are told in: how a request ended, where it is, what became of it.

/** How a request ended, as the reply itself says it (header `Reply-Status`). */
export type Status = "ok" | "error" | "rejected" | "expired" | "cancelled" | "dead-lettered";

/** How a reply finds its requester. `core` is plain NATS request-reply, with nothing stored. */
export type Strategy = LabReplyStrategy | "core";

/**
 * Where a timed-out request is, as far as the server could be asked. stuck: still in the stream, and never to be delivered again
 * (`max_deliver`).
 */
export const whereaboutsWords = [
  "queued",
  "running",
  "stuck",
  "replied",
  "ended",
  "gone",
  "unknown",
] as const;
export type Whereabouts = (typeof whereaboutsWords)[number];

/**
 * What became of a request that was to be cancelled. removed: no responder ever got it. already-running: a responder
 * has it, or had it. stuck: it was delivered as often as is allowed, and will not be again. already-answered: its reply is
 * stored.
 */
export type CancelOutcome = "removed" | "already-running" | "stuck" | "already-answered" | "unknown";

/**
 * What ends several replies. last: the reply itself. missing-part: one of its parts is nowhere to be had. maximum: as many
 * as were wanted have come. Of a core request also sentinel (the end mark), stall (a pause that was too long) and timeout.
 */
export const repliesEnds = ["last", "missing-part", "maximum", "sentinel", "stall", "timeout"] as const;
export type RepliesEnd = (typeof repliesEnds)[number];

// How a reply can find its requester: the one list of names. Whatever has something for each of them is checked against it.

export const replyStrategies = ["inbox", "mailbox", "kv"] as const;

/** How a reply finds its requester, of requests that go through the request stream. */
export type ReplyStrategy = (typeof replyStrategies)[number];

/** With those that exist to be compared: the laboratory's. */
export const labReplyStrategies = [...replyStrategies, "shared", "trial"] as const;
export type LabReplyStrategy = (typeof labReplyStrategies)[number];

// What a requester tells, of one request at a time: asked for, stored, given up, replied to, collected.

/** What a requester does and sees. `request` is the request id. */
export type RequesterEvent =
  | {
      type: "requested";
      request: string;
      /** Subject the request was published on, e.g. `requests.order-sandwich`. */
      subject: string;
      strategy: Strategy;
      /** Until its call gives up; absent when no caller waits for the reply (`Requester.send`). */
      timeoutMs?: number;
      /** The scenario's name for this request, where it has one. */
      as?: string;
      /** It carries a deadline (`Request-Deadline`), `timeoutMs` after this: nobody may begin it any later. */
      expires?: true;
    }
  /** As many are on their way as may be (`maxOutstanding`): it is not sent yet. `waiting`: how many wait, with it. */
  | {
      type: "turn-awaited";
      request: string;
      subject: string;
      strategy: Strategy;
      as?: string;
      waiting: number;
    }
  /** As many wait for their turn as may (`maxWaiting`): it was not sent, and will not be. */
  | { type: "turn-refused"; request: string; subject: string; strategy: Strategy; as?: string; error: string }
  /** The next `count` requests of this name are a load; with a rate, each has its moment from here on. */
  | { type: "load-started"; as: string; count: number; ratePerSecond?: number }
  /** The PubAck arrived, or was lost and the request was found: the stream holds it. */
  | { type: "stored"; request: string; stream: string; sequence: number; duplicate: boolean }
  | {
      type: "timed-out";
      request: string;
      afterMs: number;
      /** Messages left in the request stream; absent where nothing is stored or nobody answered. */
      remaining?: number;
      whereabouts: Whereabouts;
      /** How the whereabouts are known, in words. */
      evidence: string;
      /** Absent where it was to stay queued. */
      withdrawn?: CancelOutcome;
      /** How a request that was removed has ended. */
      status?: Status;
    }
  /** A requester asked for a request to be cancelled, at any time. */
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
  /** Something that is no reply to it lies in its mailbox: who put it there is not known, and `reason` is how it can be told. */
  | { type: "foreign-reply"; request: string; subject: string; reason: string }
  /**
   * One of several replies, number `part` from 1, was given to whoever asked for them, in order: also one that was read where it
   * is stored. Of a core request `part` counts the answers.
   */
  | { type: "part-received"; request: string; part: number; payload: string }
  /** A later read of the mailbox found a part. */
  | { type: "part-collected"; request: string; part: number; payload: string }
  /** Whoever asked for several replies takes no more: so many parts were given, and `by` is what ended it. */
  | { type: "replies-ended"; request: string; parts: number; by: RepliesEnd }
  /** A core request was answered with a JetStream PubAck instead of a reply. */
  | { type: "puback-received"; request: string; stream: string; sequence: number }
  | { type: "no-responders"; request: string; subject: string }
  /** A later read of the mailbox found the reply. `sequence` is the reply's in the reply stream. */
  | { type: "collected"; request: string; status: Status; payload: string; sequence: number }
  /** A later read found no reply, or not all of it: `reason` says why. `missing`: what comes after this part is there. */
  | { type: "not-collected"; request: string; reason: string; missing?: number }
  /** The requester deleted its own request from the stream: nobody will work on it any more. */
  | { type: "removed"; request: string; stream: string; sequence: number }
  /** `open`: the server may have stored it all the same. Otherwise it certainly did not. */
  | { type: "request-failed"; request: string; error: string; open?: true };

// What a responder tells: a request is delivered, executed, replied to, and let go or given back.

/** What a responder does. */
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
    }
  /** One of several replies, number `part` from 1, is stored under the address (in `stream` at `sequence`), or was sent there. */
  | {
      type: "part-replied";
      request: string;
      part: number;
      to: string;
      stream?: string;
      sequence?: number;
    }
  /** Nobody waits for it any more: its handler was told so, or was not even begun. */
  | { type: "called-off"; request: string; status: Status; begun: boolean }
  /**
   * The reply stream already holds a reply for this request: the first one won. Or the server refused one to a core subject for
   * want of a permission: then this comes after `replied`, because a core publish is not confirmed.
   */
  | { type: "reply-refused"; request: string; reason: string }
  /** The ack was sent; no server confirms it, and a kill at this moment may lose it. */
  | { type: "acked"; request: string }
  | { type: "terminated"; request: string; reason: string }
  /** A redelivered request whose reply was stored already: it is let go, and not executed again. */
  | { type: "already-answered"; request: string; status: Status }
  /** Copied into `stream`, because there will be no further attempt; the requester is told next. */
  | { type: "dead-lettered"; request: string; reason: string; stream: string; sequence: number }
  /** Given back, to be delivered again at once or after a delay. */
  | { type: "returned"; request: string; reason: string }
  /** It asks for no more requests, and has finished or given back what it had. */
  | { type: "paused" }
  | { type: "resumed" }
  | { type: "drained" };

// The ways a request can end, and the code each has for those who know only ADR-32.

/** `Nats-Service-Error-Code`, after HTTP where HTTP has a word for it; ok has none. */
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
export const asStatus = (text: string | undefined): Status | undefined =>
  statuses.find((status) => status === text);

/** What a code says of a reply that names no status: another's failure is an error. */
export function statusOfCode(code: string | undefined): Status | undefined {
  if (!code) return undefined;
  return statuses.find((status) => status !== "ok" && codes[status] === code) ?? "error";
}

/** What a connection tells on the side. */
export type ConnectionEvent =
  /** The server is about to shut down, and asks its clients to go elsewhere. */
  | { type: "server-lame-duck"; server: string }
  | { type: "disconnected"; server: string }
  /** A connection is back after a break. */
  | { type: "reconnected" };

/** What a requester, a responder or a connection of the library tells. */
export type LibraryEvent = RequesterEvent | ResponderEvent | ConnectionEvent;

/** Called with each event before the actor goes on. Leaving it out costs nothing. */
export type Observe<E extends { type: string } = LibraryEvent> = (event: E) => void;
