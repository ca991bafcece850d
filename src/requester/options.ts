// The options of a requester and of one request.
import { type OnTimeout, timeOutPolicies } from "../protocol/cancel.js";
import type { OptionNames } from "../protocol/check-options.js";
import { InvalidInputError } from "../protocol/errors.js";
import {
  type LabReplyStrategy,
  labReplyStrategies,
  type Observe,
  type ReplyStrategy,
  type RequesterEvent,
  replyStrategies,
} from "../protocol/events.js";
import type { Reply } from "../protocol/headers.js";
import type { MessageHeaders } from "../protocol/message-content.js";
import { type QueueOptions, queueOptionNames } from "../protocol/queue-names.js";
import type { StandardSchema } from "../protocol/standard-schema.js";
import { quote } from "../protocol/subjects.js";
import type { Telemetry } from "../protocol/telemetry.js";
import type { Handle } from "./handle.js";
import type { ScheduleOptions } from "./schedule.js";

/** Options of `Requester.open`. All times in milliseconds. */
export interface RequesterOptions extends QueueOptions {
  /** Names the mailbox. Every requester of this name can collect its replies. */
  name: string;
  /**
   * How a reply finds this requester. `mailbox` (default): the reply is stored until it is collected. `kv`: the same in a
   * key-value bucket, which `planSetup({ strategies: ["kv"] })` creates. `inbox`: nothing stores it, the requester must be alive.
   */
  reply?: ReplyStrategy;
  /** Milliseconds until a request times out. Default 5000. */
  timeoutMs?: number;
  /** What becomes of a request that times out. Default `keep`. */
  onTimeout?: OnTimeout;
  /**
   * Most requests that wait for their reply at a time, 1 to 100,000. Further ones wait for their turn, and their time-out begins
   * when they are sent. Default: no limit. `send` counts apart: requests that wait for their PubAck, by default 1000.
   */
  maxOutstanding?: number;
  /** Most requests that wait for their turn; beyond, TooManyOutstandingError. Default 100,000. */
  maxWaiting?: number;
  /** Only `send`: the requester subscribes to no replies, and needs no permission for that. Default false. */
  sendOnly?: boolean;
  /**
   * A reply to a request that timed out before. Without this option such a reply is only an event. It stays stored. If the
   * callback throws or rejects, the process emits a warning, and the requester goes on.
   */
  onLateReply?(reply: Reply, handle: Handle): void;
  /** What the requester's own inbox begins with. Default: the connection's `inboxPrefix`, else `_INBOX`. */
  inboxPrefix?: string;
  /** Traces and metrics: `openTelemetry()` of `jetstream-request-reply-kit/opentelemetry`. Default: none. */
  telemetry?: Telemetry;
  /**
   * Called with each event before the requester goes on, and not awaited. If it throws or rejects, the requester ends: requests
   * that wait and later calls reject with that error. A `send` whose request is stored resolves all the same.
   */
  observe?: Observe<RequesterEvent>;
}

export const requesterOptionNames = {
  ...queueOptionNames,
  ...{ name: true, reply: true, timeoutMs: true, onTimeout: true, maxOutstanding: true, maxWaiting: true },
  ...{ sendOnly: true, onLateReply: true, inboxPrefix: true, observe: true, telemetry: true },
} satisfies OptionNames<RequesterOptions>;

/** With the reply strategies that exist to be compared. */
export type LabRequesterOptions = Omit<RequesterOptions, "reply"> & { reply?: LabReplyStrategy };

/** What `request` and `send` have in common. `Input` is what the `input` schema takes. */
// biome-ignore lint/suspicious/noExplicitAny: without a schema the payload has any type
export interface CommonRequestOptions<Input = any> {
  /** Also the deduplication key: the same id within the stream's `duplicate_window` is stored once. Default: unique. */
  id?: string;
  /**
   * Ends the call at once. Before the request is published the call rejects with the signal's reason, and nothing is sent; after that
   * it rejects with RequestAbortedError, which has the handle. The request then stays queued, or, with `onTimeout: "cancel"` or
   * `"expire"`, it is cancelled in the background.
   */
  signal?: AbortSignal;
  /** A name for this request in the events. */
  as?: string;
  /**
   * Headers that travel with the request, and stay with it in a dead letter and a replay: the client's, or a plain object. Names that
   * begin with `Nats-`, `Request-`, `Reply-` or `Dead-Letter` are reserved.
   */
  headers?: MessageHeaders;
  /**
   * A schema of any library with Standard Schema v1, without asynchronous checks: the payload is checked before it is sent, and
   * travels as JSON. The same schema can be the `input` of the handler.
   */
  input?: StandardSchema<Input, unknown>;
  /** Milliseconds to wait for the PubAck, in which the request is published again if the PubAck is late. Default 10,000. */
  timeoutMs?: number;
}

/** Options of `requester.send`. `Input` is what the `input` schema takes. */
// biome-ignore lint/suspicious/noExplicitAny: without a schema the payload has any type
export interface SendOptions<Input = any> extends CommonRequestOptions<Input>, ScheduleOptions {}

/** Of every call that publishes a request. */
export const publishOptionNames = { id: true, signal: true, as: true, headers: true, timeoutMs: true } as const;

export const sendOptionNames = {
  ...publishOptionNames,
  ...{ input: true, at: true, delayMs: true },
} satisfies OptionNames<SendOptions>;

/** Milliseconds: as long as a cluster needs to choose a leader after a crash, and a client to reconnect. */
export const sendTimeoutMs = 10_000;

/** Options of `requester.request`. All times in milliseconds. `Output` is what the `output` schema makes of the reply. */
// biome-ignore lint/suspicious/noExplicitAny: without a schema the payload has any type
export interface RequestOptions<Input = any, Output = unknown> extends CommonRequestOptions<Input> {
  /** Milliseconds to wait for the reply. Default: the requester's. */
  timeoutMs?: number;
  /** Default: the requester's. */
  onTimeout?: OnTimeout;
  /** A schema: `reply.json()` of a reply `ok` returns what the schema makes of the payload, or throws UnreadablePayloadError. */
  output?: StandardSchema<unknown, Output>;
}

export const requestOptionNames = {
  ...publishOptionNames,
  ...{ input: true, onTimeout: true, output: true },
} satisfies OptionNames<RequestOptions>;

/** `setTimeout` counts milliseconds in 31 bits. */
export function requireTimeout(ms: number): number {
  if (ms > 0 && ms <= 2_147_483_647) return ms;
  throw new InvalidInputError(`Expected the time-out to be 1 to 2147483647 milliseconds, got ${ms}.`);
}

/** For callers that the compiler has not seen. */
export function requireStrategy(strategy: LabReplyStrategy): LabReplyStrategy {
  if (labReplyStrategies.includes(strategy)) return strategy;
  throw new InvalidInputError(`Expected reply to be ${replyStrategies.join(", ")}, got ${quote(strategy)}.`);
}

/** For callers that the compiler has not seen. */
export function requirePolicy(policy: OnTimeout): OnTimeout {
  if (timeOutPolicies.includes(policy)) return policy;
  throw new InvalidInputError(`Expected onTimeout to be ${timeOutPolicies.join(", ")}, got ${quote(String(policy))}.`);
}
