// History events: everything that an actor, the laboratory or the server may record.
import type { ConnectionEvent, RequesterEvent, ResponderEvent, Status } from "../protocol/events.js";

interface Stamp {
  /** Counts this actor's events from 1. */
  n: number;
  /** Microseconds on the machine's monotonic clock: comparable between the processes of one run. */
  t: number;
  actor: string;
  /**
   * Where the event comes from. Absent: the actor recorded it itself. `wire`: read from the operations on its link. `broker`: the
   * laboratory received it from the server, as any subscriber does.
   */
  source?: "wire" | "broker";
}

/** What a link shows of an actor, and what a second source can say of it, too. */
export const linkEventTypes = [
  ...(["requested", "stored", "request-failed", "received", "collected"] as const),
  ...(["delivered", "executed", "replied", "reply-refused", "acked", "returned", "terminated"] as const),
] satisfies EventType[];
export type LinkEventType = (typeof linkEventTypes)[number];

/** What happened; `type` says which kind of event it is. */
export type EventBody = RequesterEvent | ResponderEvent | ConnectionEvent | RunEvent | FaultEvent;
/** A history is a list of these. */
export type HistoryEvent = Stamp & EventBody;
export type EventType = EventBody["type"];

/** The advisories of a JetStream server that a history keeps, by the last part of their type's name (ADR-1's schemas). */
export const advisoryKinds = ["max-deliver", "terminated", "nak", "leader-elected", "quorum-lost"] as const;
export type AdvisoryKind = (typeof advisoryKinds)[number];

/** What the laboratory does and reads, and the advisories of the server. */
export type RunEvent =
  /**
   * `format` is the history's; the first ones had neither it nor the seed of everything random. `nodes`: the names of a cluster's
   * servers.
   */
  | { type: "run-started"; scenario: string; server: string; seed?: number; format?: number; nodes?: string[] }
  /** `ackWaitMs`: of the responders' consumer. Absent where there are several, and in older histories. */
  | { type: "setup-applied"; streams: string[]; ackWaitMs?: number }
  /** `line` is the step's line in the scenario file. */
  | { type: "step"; step: string; line: number }
  | { type: "actor-started"; name: string; role: "requester" | "responder" | "service"; pid: number }
  /** `left`: processes of an external actor that still ran after its end, and were killed. */
  | { type: "actor-stopped"; name: string; code: number | null; signal: string | null; left?: number }
  | { type: "actor-crashed"; name: string; signal: string }
  /** The laboratory killed the server, and started it again on its port and store; with `node`: it upgraded this one. */
  | { type: "server-restarted"; server: string; node?: string }
  /**
   * The laboratory sent a dead request once more: it is message `sequence` of `stream` now. Its stored status `dead-lettered`
   * and the dead letter, message `deadLetter` of DEAD_LETTERS, were removed.
   */
  | { type: "replayed"; request: string; deadLetter: number; stream: string; sequence: number }
  /** The laboratory published a request by hand, as a client that is not the kit's: it is message `sequence` of `stream`. */
  | {
      type: "published-request";
      request: string;
      /** The scenario's name for it, where it has one. */
      as?: string;
      subject: string;
      stream: string;
      sequence: number;
      /** The stream had it already, by its id, and stored nothing new. */
      duplicate?: true;
    }
  /** It published something else by hand: `stream` took it as message `sequence`, or `refused` it. */
  | { type: "published"; subject: string; stream?: string; sequence?: number; refused?: string }
  /**
   * A second source says what the first one, the link of an external actor, shows or should show: the actor's own file
   * (`$JSRR_HISTORY`), the broker, or the link itself of an operation that it lost at a crash point. It counts for the check
   * `sources-agree` alone.
   */
  | { type: "reported"; request: string; event: LinkEventType; status?: Status; sequence?: number; delivery?: number }
  /** An external actor asks the server to change its queue in another way than by requests, replies and acks. `subject`: of the JetStream API. */
  | { type: "setup-changed"; subject: string }
  /** A line of an actor's own file is no event: `at` is its file and line. */
  | { type: "record-broken"; name: string; at: string; reason: string }
  /** An advisory of the server, on `$JS.EVENT.ADVISORY.>`. */
  | {
      type: "advisory";
      kind: AdvisoryKind;
      stream: string;
      consumer?: string;
      /** Of the message in the stream that it is about. */
      sequence?: number;
      deliveries?: number;
      reason?: string;
    }
  /** The requests left in the request stream at the end, counted by reading them. */
  | {
      type: "requests-read";
      stream: string;
      requests: string[];
      /** How many more the stream counts that were not read, and of which the server did not say that they are damaged. */
      missing?: number;
      /** The durable consumer's `num_pending` and `num_ack_pending`: what of it can still be delivered. */
      pending?: number;
      ackPending?: number;
    }
  /** The replies in the reply stream at the end, counted by reading them. */
  | {
      type: "replies-read";
      stream: string;
      replies: StoredReply[];
      /** As above, with the parts of replies. */
      missing?: number;
    };

export interface StoredReply {
  request: string;
  status: Status;
  payload: string;
  subject: string;
  sequence: number;
  /** How many parts came before it, as it says itself. */
  parts?: number;
}

/** A fault: injected, healed, and its effects. */
export type FaultEvent =
  /** `id` counts the injections of a run from 1 (absent in older histories); `what` completes "the laboratory ...": `freezes the server one`. */
  | { type: "fault-injected"; fault: string; id?: number; what: string }
  | { type: "fault-healed"; fault: string; id?: number }
  /** Recorded at the end of a run for each injection that had an observable effect. */
  | { type: "fault-bit"; fault: string; id?: number; evidence: string }
  /** The stream has another leader; `afterMs` since the fault that took the old one away. */
  | { type: "leader-changed"; stream: string; from: string; to: string; afterMs: number }
  /** The replicas of the stream are on other servers. */
  | { type: "peers-changed"; stream: string; from: string[]; to: string[] }
  /** What a slow link between two servers held back first: something with a request or a reply in it. */
  | { type: "message-held-back"; between: readonly [string, string]; heldMs: number }
  /** Messages counted by reading them, before and after; fewer is a loss. */
  | { type: "messages-counted"; stream: string; before: number; after: number };
