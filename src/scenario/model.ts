// The scenario model: the content of a valid scenario file, as the runner uses it.
import type { FaultName } from "../faults/index.js";
import { type CheckName, type ChosenCheck, checks } from "../history/checks/index.js";
import type { Condition } from "../history/condition.js";
import { type AdvisoryKind, linkEventTypes } from "../history/event.js";
import {
  type EventsOf,
  eventsOf,
  type NarrowerName,
  narrowerNames,
  unexpectedReplyNames,
} from "../history/event-table.js";
import type { Percentile } from "../history/latency.js";
import type { Verdict } from "../history/verdict.js";
import type { OnTimeout } from "../protocol/cancel.js";
import type { StrategyName } from "../protocol/events.js";

/** The names of the one registry of checks. */
export const checkNames = Object.keys(checks) as CheckName[];

export interface Scenario {
  name: string;
  question: string;
  answer: string;
  /** The path of the scenario file. */
  file: string;
  /** The text of the file, with settings. */
  text: string;
  requires: Requirements;
  /** Everything random in a run comes from it; absent if each run draws its own. */
  seed?: number;
  server: ServerSettings;
  /** Absent if the scenario needs no streams (`setup: none`). */
  setup?: StreamSettings;
  /** Each queue that occurs, the file's own first; `setup` holds for each of them. */
  queues: QueueSettings[];
  /** Beside those of the queues, by name. */
  streams: Record<string, OtherStream>;
  requesters: Record<string, RequesterSettings>;
  responders: Record<string, ResponderSettings>;
  services: Record<string, ServiceSettings>;
  /** Each path with the values it is to have; empty without a sweep. */
  sweep: { path: string; values: (string | number | boolean)[] }[];
  repeat: number;
  /** Never empty. */
  timeline: Step[];
  /** What must hold after the last step. */
  thresholds: Expected[];
  check: ChosenCheck[];
  /** What a check is expected to find if that is not `held`: a known loss is then the passing outcome. */
  expected: Partial<Record<CheckName, Verdict>>;
}

export interface Requirements {
  /** The oldest server version that will do, e.g. `2.11.0`. */
  server?: string;
  nodes?: number;
  root?: boolean;
}

/** The kit's own servers; a given one is as it is. */
export interface ServerSettings {
  nodes: number;
  /** Of each node that does not run the default one. */
  versions?: Record<string, string>;
  /** `always`, or a duration such as `10s`. */
  syncInterval?: string;
  /** Bytes. */
  maxFileStore?: number;
  maxMemory?: number;
}

// The steps of a timeline, and what they expect. Their keys in the file are in steps/.

export type Step = StepTiming & StepBody;

export interface StepTiming {
  /** Line of the step in the file, from 1. */
  line: number;
  /** Wait until this many milliseconds after the first step. */
  atMs?: number;
  /** Wait for this event before acting. */
  after?: Anchor;
  /** The longest wait for `after`; then the step acts without the event. */
  atLatestMs?: number;
  /** The longest wait, for `after` and for `eventually`; 10 s by default. */
  withinMs: number;
}

/** All steps, also those inside a step. */
export const allSteps = (steps: readonly Step[]): Step[] =>
  steps.flatMap((step) => [step, ...("steps" in step ? allSteps(step.steps) : [])]);

/** The `count`-th `event` of a request (by its name in the file) or of an actor. */
export interface Anchor {
  of: string;
  event: AnchorEvent;
  count: number;
}

export type StepBody =
  | RequestStep
  /** Requests without a wait for their replies. */
  | ({ kind: "send"; delayMs?: number } & Pick<RequestStep, "from" | "as" | "order" | "load" | "payload" | "id">)
  | { kind: "expect" | "eventually"; expectations: Expected[] }
  | { kind: "start" | "stop" | "crash" | "pause" | "resume"; actor: string }
  /** A requester reads the stored reply to an earlier request. */
  | { kind: "collect"; request: string; by: string; timeoutMs?: number }
  | { kind: "cancel"; request: string; by: string }
  | { kind: "replay"; request: string }
  | PublishStep
  | { kind: "restart"; what: "server" }
  /** Servers one after another: without `node` all of them. */
  | { kind: "upgrade"; to: string; node?: string }
  | InjectStep
  | { kind: "heal"; fault: FaultName | "all" }
  | { kind: "wait"; ms: number }
  /** Concurrent steps. */
  | { kind: "together"; steps: Step[] }
  | { kind: "repeat"; times: number; steps: Step[] };

/** Exactly one of `order`, `load` and `subject`; a `subject` only if the requester's strategy is `core`. */
export interface RequestStep {
  kind: "request";
  from: string;
  as: string;
  order?: string;
  load?: Load;
  subject?: string;
  payload: string;
  /** Absent: one of its own. Sent twice, it is the same request. */
  id?: string;
  /** This and the next: absent for the requester's own. */
  timeoutMs?: number;
  onTimeout?: OnTimeout;
  /** Set if it asks for several replies. */
  many?: Many;
}

/** What ends several replies before the last one, apart from the time-out. */
export interface Many {
  /** Longest pause between two of them, milliseconds. */
  stallMs?: number;
  maximum?: number;
  /** Of a core request: the text of the end mark. */
  sentinel?: string;
}

/** Many requests of one name. */
export interface Load {
  count: number;
  /** Absent: all at once. */
  ratePerSecond?: number;
  /** Order to weight. */
  orders: Record<string, number>;
}

/** The laboratory publishes a message, as any client could. */
interface PublishStep {
  kind: "publish";
  subject: string;
  /** Set if it is a request that the rest of the file names. */
  as?: string;
  payload: string;
  headers: Record<string, string>;
}

export interface InjectStep {
  kind: "inject";
  fault: FaultName;
  /** Of the fault's own schema. */
  options: unknown;
  /** Healed after this. */
  forMs?: number;
}

export interface Expected {
  /** As the file has it: a request's name, or a path such as `stream.REQUESTS.messages`. */
  path: string;
  metric: Metric;
  condition: Condition;
  /** The time that the condition compares with, instead of a value of its own: `< duration.alone.received`. */
  comparedWith?: TimeMetric;
  /** The condition as the file has it. */
  expected: string | number;
  line: number;
}

export type TimeMetric = Extract<Metric, { kind: "duration" | "latency" }>;

/** What an expectation measures. `of` is the name of a request, actor, stream, consumer or kind of advisory. */
export type Metric =
  | { kind: "outcome"; of: string }
  /** Where a request is, as the server says. */
  | { kind: "whereabouts"; of: string }
  | { kind: "stream"; of: string; field: (typeof streamFields)[number] }
  /** What one server has of a stream. */
  | { kind: "replica"; of: string; node: string; field: (typeof replicaFields)[number] }
  /** Without a stream: of the first queue. */
  | { kind: "consumer"; stream?: string; of: string; field: (typeof consumerFields)[number] }
  | { kind: "advisory"; of: AdvisoryKind }
  /** How many of these events there were. */
  | { kind: "events"; of: string; field: AnchorEvent }
  /** Milliseconds from a request until the first of these events; of several requests, the longest. */
  | { kind: "duration"; of: string; field: RequestEventName }
  | { kind: "latency"; of: string; field: Percentile };

export const streamFields = ["messages", "readable", "deleted", "bytes"] as const;
export const replicaFields = ["messages", "bytes", "deleted"] as const;
export const consumerFields = ["pending", "ack-pending", "redelivered"] as const;

// The actors, and the streams between them. schema-actors.ts and schema-server.ts describe each key, and what its absence means.

export interface StreamSettings {
  storage: "file" | "memory";
  replicas: number;
  ackWaitMs: number;
  /** -1: no limit. */
  maxDeliver: number;
  duplicateWindowMs?: number;
  maxRequests?: number;
  discard?: "new" | "old";
  requestAgeMs?: number;
  maxAckPending?: number;
  /** Absent for one consumer. */
  consumers?: Record<string, ConsumerSettings>;
  /** Responders with different menus share a consumer. */
  shared?: boolean;
  schedules?: boolean;
}

export interface ConsumerSettings {
  subjects: string[];
  ackWaitMs?: number;
  maxDeliver?: number;
  maxAckPending?: number;
}

/** A stream that no queue has. */
export interface OtherStream {
  subjects?: string[];
  mirror?: string;
  sources?: string[];
  storage: "file" | "memory";
  replicas: number;
  retention: "limits" | "interest" | "workqueue";
  maxMessages?: number;
  maxBytes?: number;
  maxPerSubject?: number;
  maxAgeMs?: number;
  discard: "old" | "new";
  duplicateWindowMs?: number;
  consumers: Record<string, OtherConsumer>;
}

export interface OtherConsumer {
  filter?: string[];
  ack: "explicit" | "none";
  ackWaitMs: number;
  maxDeliver?: number;
  maxAckPending?: number;
}

/** Absent for the default queue. */
export interface QueueSettings {
  queue?: string;
}

export interface RequesterSettings extends QueueSettings {
  kind: "kit" | "external";
  reply: StrategyName;
  timeoutMs: number;
  onTimeout: OnTimeout;
  maxOutstanding?: number;
  maxWaiting?: number;
  online: boolean;
}

/** Points at which a responder can kill itself, at the first delivery of a request. */
export const crashPoints = ["before-handling", "after-part", "after-effect", "after-reply"] as const;
export type CrashPoint = (typeof crashPoints)[number];

/**
 * Points at which the link of a responder kills it, at the first delivery of a request. `after-reply` is both: a responder of the
 * kit has recorded its reply then.
 */
export const wireCrashPoints = ["after-delivery", "before-reply", "after-reply", "before-ack", "after-ack"] as const;
export const isOwnCrashPoint = (point: string): point is CrashPoint => crashPoints.some((one) => one === point);
export type WireCrashPoint = (typeof wireCrashPoints)[number];

/** The reply to an order, its parts and the last reply, or the text that its handler throws: the request ends as `error`. */
export type MenuEntry = string | { parts: string[]; reply: string } | { error: string };

export interface ResponderSettings extends QueueSettings {
  /** `external`: a process that the caller of the run binds to the name. */
  kind: "kit" | "plain" | "external";
  online: boolean;
  consumer?: string;
  unmatched?: "reject" | "silent";
  menu?: Record<string, MenuEntry>;
  concurrency: number;
  prefetch?: number;
  fails: number | "always";
  workMs?: number;
  crash?: CrashPoint;
  /** By its link. */
  wireCrash?: WireCrashPoint;
  acks: boolean;
  // The options of the kit's own responder, as the library names them; each absent for its default.
  maxAttempts?: number;
  retry?: { firstMs?: number; mostMs?: number };
  ackDelayMs?: number;
  replyAddresses?: { allow: string[] };
}

/** A plain core NATS responder: no stream, no queue. */
export interface ServiceSettings {
  subject: string;
  reply: string;
  parts?: string[];
  workMs?: number;
  online: boolean;
}

// The events that a step can wait for (`after: lunch.stored`): of a request or of an actor, not of the whole run.

/** Events that carry a request id: they anchor to a request's name, e.g. `lunch.delivered#2`. */
type RequestEventName = EventsOf<"request"> | NarrowerName;

/** Events of a process: they anchor to an actor's name, e.g. `bob.drained`; of a requester also the late and orphaned replies. */
export type ActorEventName = EventsOf<"actor"> | (typeof unexpectedReplyNames)[number];

export type AnchorEvent = RequestEventName | ActorEventName;

/** What the link of an external actor shows of the requests that it sends, and of those that it is delivered. */
export const linkEvents = {
  requester: linkEventTypes.slice(0, linkEventTypes.indexOf("delivered")),
  responder: linkEventTypes.slice(linkEventTypes.indexOf("delivered")),
};

export const requestEvents = [...eventsOf("request"), ...narrowerNames];
export const actorEvents = eventsOf("actor");

/** Of a requester. */
export const requesterEvents = [...actorEvents, ...unexpectedReplyNames];
