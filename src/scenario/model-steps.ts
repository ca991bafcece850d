// Of the model: the steps of a timeline, and what they expect. Their keys in the file are in verbs/.
import type { FaultName } from "../faults/index.js";
import type { Condition } from "../history/condition.js";
import type { AdvisoryKind } from "../history/event.js";
import type { Percentile } from "../history/latency.js";
import type { OnTimeout } from "../protocol/time-out-policy.js";
import type { AnchorEvent, RequestEventName } from "./events.js";

export type Step = StepTiming & Action;

export interface StepTiming {
  /** Line of the step in the file, from 1. */
  line: number;
  /** Wait until this many milliseconds after the first step. */
  atMs?: number;
  /** Wait for this event before acting. */
  after?: Anchor;
  /** The longest wait, for `after` and for `eventually`; 10 s where the file does not say. */
  withinMs: number;
}

/** The `count`-th `event` of a request (by its name in the file) or of an actor. */
export interface Anchor {
  of: string;
  event: AnchorEvent;
  count: number;
}

export type Action =
  | RequestAction
  | SendAction
  | { kind: "expect" | "eventually"; expectations: Expected[] }
  | { kind: "start" | "stop" | "crash" | "pause" | "resume"; actor: string }
  | CollectAction
  | { kind: "cancel"; request: string; by: string }
  | { kind: "replay"; request: string }
  | PublishAction
  | { kind: "restart"; what: "server" }
  | InjectAction
  | { kind: "heal"; fault: FaultName | "all" }
  | { kind: "wait"; ms: number }
  /** Concurrent steps. */
  | { kind: "together"; steps: Step[] }
  | { kind: "repeat"; times: number; steps: Step[] };

/** Exactly one of `order`, `load` and `subject`; a `subject` only where the requester's strategy is `core`. */
export interface RequestAction {
  kind: "request";
  from: string;
  as: string;
  order?: string;
  load?: Load;
  subject?: string;
  payload: string;
  /** Absent: one of its own. Sent twice, it is the same request. */
  id?: string;
  /** Absent: the requester's own. */
  timeoutMs?: number;
  /** Absent: the requester's own. */
  onTimeout?: OnTimeout;
  /** Set where it asks for several replies. */
  many?: Many;
}

/** What ends several replies before the last one; where nothing is set, only the time-out. */
export interface Many {
  /** Longest pause between two of them, milliseconds. */
  stallMs?: number;
  maximum?: number;
  /** Of a core request: the text of the end mark. */
  sentinel?: string;
}

/** Requests that nobody waits for. */
export interface SendAction extends Pick<RequestAction, "from" | "as" | "order" | "load" | "payload" | "id"> {
  kind: "send";
}

/** Many requests of one name. */
export interface Load {
  count: number;
  /** Absent: all at once. */
  ratePerSecond?: number;
  /** Order to weight. */
  orders: Record<string, number>;
}

/** A requester looks for the stored reply to an earlier request, named by `request`. */
export interface CollectAction {
  kind: "collect";
  request: string;
  by: string;
  timeoutMs?: number;
}

/** The laboratory publishes a message, as any client could. */
export interface PublishAction {
  kind: "publish";
  subject: string;
  /** Set where it is a request that the rest of the file speaks of. */
  as?: string;
  payload: string;
  headers: Record<string, string>;
}

export interface InjectAction {
  kind: "inject";
  fault: FaultName;
  /** As the fault's own schema gives them. */
  options: unknown;
  /** Heals by itself after this. */
  forMs?: number;
}

export interface Expected {
  /** As the file has it: a request's name, or a path such as `stream.REQUESTS.messages`. */
  path: string;
  look: Look;
  condition: Condition;
  /** The condition as the file has it. */
  expected: string | number;
  line: number;
}

/** What is looked at. `of` is the name of a request, actor, stream, consumer or kind of advisory. */
export type Look =
  | { kind: "outcome"; of: string }
  /** Where a request is, asked of the server. */
  | { kind: "whereabouts"; of: string }
  | { kind: "stream"; of: string; field: (typeof streamFields)[number] }
  | { kind: "consumer"; of: string; field: (typeof consumerFields)[number] }
  | { kind: "advisory"; of: AdvisoryKind }
  /** How many of these events there were. */
  | { kind: "events"; of: string; field: AnchorEvent }
  /** Milliseconds from a request until the first of these events; of several requests, the longest. */
  | { kind: "duration"; of: string; field: RequestEventName }
  | { kind: "latency"; of: string; field: Percentile };

export const streamFields = ["messages", "readable", "deleted", "bytes"] as const;
export const consumerFields = ["pending", "ack-pending", "redelivered"] as const;
