// Setup plan: the streams and the consumer that durable request-reply needs, as plain data.
import { DiscardPolicy, RetentionPolicy, StorageType, type StreamConfig } from "@nats-io/jetstream";
import { checkOptions, type OptionNames } from "../protocol/check-options.js";
import { InvalidInputError } from "../protocol/errors.js";
import { type QueueOptions, queueNames, queueOptionNames } from "../protocol/queue-names.js";
import { hasFeature, requireFeature, type Versioned } from "../protocol/server-version.js";
import { filtersOf } from "../protocol/subject-patterns.js";
import { maxAttemptsKey, type QueueNames, quote, sharedKey } from "../protocol/subjects.js";
import {
  type ConsumerOptions,
  type ConsumerPlan,
  type DeliveryOptions,
  deliveryOptionNames,
  nanos,
  planConsumers,
} from "./consumers.js";
import { leastBytes, sizesOf } from "./sizes.js";

/** A stream's configuration in the server's words; durations in nanoseconds. */
export type StreamPlan = Partial<StreamConfig> & { name: string };

/** Plain data, so that it can be written as JSON, reviewed, and applied with `applySetup`. */
export interface SetupPlan {
  /** In this order: requests, replies, dead letters, and those of strategies. */
  streams: StreamPlan[];
  consumers: { stream: string; config: ConsumerPlan }[];
}

const day = 24 * 60 * 60 * 1000;

/**
 * The plan that `setup` applies, without a server.
 * @throws InvalidInputError when an option is out of the server's range.
 */
export function planSetup(options: SetupOptions = {}): SetupPlan {
  requireOptions(options);
  const names = queueNames(options);
  const common = {
    storage: options.storage === "memory" ? StorageType.Memory : StorageType.File,
    num_replicas: options.replicas ?? 1,
    duplicate_window: nanos(options.duplicateWindowMs ?? 2 * 60 * 1000),
    // A full stream answers the sender; `old` would drop acknowledged messages in silence.
    discard: DiscardPolicy.New,
    // Without PubAcks no sender would learn that its message is stored.
    no_ack: false,
  };
  const { consumers = { [names.consumer]: { subjects: [">"] } } } = options;
  const planned = planConsumers(names, consumers, deliveryOptions(options));
  return {
    streams: withOverrides(
      withSizes(names, options.maxBytes, [
        requests(names, common, options, planned.flatMap(filtersOf)),
        replies(names, common, options, planned.some(isShared)),
        deadLetters(names, common),
        ...strategyStreams(names, options.strategies ?? [], { ...common, ...replyAges(common, options) }),
      ]),
      options.streams ?? {},
    ),
    consumers: planned.map((config) => ({ stream: names.requestStream, config })),
  };
}

function withSizes(names: QueueNames, total: number | undefined, streams: StreamPlan[]): StreamPlan[] {
  if (total === undefined) return streams;
  const sizes = sizesOf(total, streams, { requests: names.requestStream, deadLetters: names.deadLetterStream });
  return streams.map((stream) => ({ ...stream, max_bytes: sizes.get(stream.name) as number }));
}

const deliveryOptions = ({ ackWaitMs, maxDeliver, maxAckPending, shared }: SetupOptions): DeliveryOptions => ({
  ...{ ackWaitMs, maxDeliver, maxAckPending, shared },
});

const isShared = ({ metadata }: ConsumerPlan) => metadata?.[sharedKey] === "true";

/** `requestSubjects`: what the consumers take. The stream refuses a request that no consumer would deliver. */
function requests(
  names: QueueNames,
  common: Partial<StreamConfig>,
  options: SetupOptions,
  requestSubjects: readonly string[],
): StreamPlan {
  return {
    ...common,
    // The server refuses a window longer than the age.
    duplicate_window: Math.min(
      common.duplicate_window as number,
      options.requestAgeMs === undefined ? Number.POSITIVE_INFINITY : nanos(options.requestAgeMs),
    ),
    name: names.requestStream,
    subjects: [...requestSubjects, ...(options.schedules ? [`${names.schedulePrefix}*.*`] : [])],
    ...(options.schedules ? { allow_msg_schedules: true } : {}),
    // A message leaves the stream when the one consumer has acknowledged or terminated it.
    retention: RetentionPolicy.Workqueue,
    max_msgs: options.maxRequests ?? -1,
    max_age: nanos(options.requestAgeMs ?? 0),
    discard: options.discard === "old" ? DiscardPolicy.Old : DiscardPolicy.New,
    // For requests that expire; left out where the server is older than 2.11 (planFor).
    allow_msg_ttl: true,
  };
}

/** `countsAttempts`: responders store the number of an attempt where deliveries are no measure of it. */
function replies(
  names: QueueNames,
  common: Partial<StreamConfig>,
  options: SetupOptions,
  countsAttempts: boolean,
): StreamPlan {
  const { replyPrefix, attemptPrefix } = names;
  return {
    ...common,
    ...replyAges(common, options),
    name: names.replyStream,
    // The last token is a part's number, where a handler gives several replies to one request.
    subjects: [`${replyPrefix}*.*`, `${replyPrefix}*.*.*`, ...(countsAttempts ? [`${attemptPrefix}*.*`] : [])],
    retention: RetentionPolicy.Limits,
    // One reply to each request: the server refuses a second one from any sender, also without the header for it.
    max_msgs_per_subject: 1,
    discard_new_per_subject: true,
    // What is stored is also sent on, so that a waiting requester needs no consumer of its own.
    republish: { src: `${names.replyPrefix}>`, dest: `${names.republishPrefix}>` },
    allow_direct: true,
  };
}

function deadLetters(names: QueueNames, common: Partial<StreamConfig>): StreamPlan {
  return {
    ...common,
    // A responder that crashed after the copy makes it again, perhaps only when it is started again the next day.
    duplicate_window: nanos(day),
    name: names.deadLetterStream,
    subjects: [`${names.deadLetterPrefix}>`],
    retention: RetentionPolicy.Limits,
    allow_direct: true,
  };
}

/** The server refuses a window longer than the age; replies differ by subject, not by this window. */
function replyAges(common: Partial<StreamConfig>, options: SetupOptions) {
  const max_age = nanos(options.replyAgeMs ?? day);
  return { max_age, duplicate_window: Math.min(common.duplicate_window as number, max_age) };
}

// Options, and their bounds.

/** What can be chosen about the streams and the consumers. All times in milliseconds. */
export interface SetupOptions extends DeliveryOptions, QueueOptions {
  /** Where the streams are kept. Default `file`. */
  storage?: "file" | "memory";
  /** Copies of each stream; 3 needs a cluster of at least three servers. Default 1. */
  replicas?: number;
  /** How long a stored reply waits to be collected. Default 24 hours. */
  replyAgeMs?: number;
  /** How long the server remembers a request id (`duplicate_window`), at most `requestAgeMs`. Default 2 minutes. */
  duplicateWindowMs?: number;
  /** Most requests the queue holds; a full queue refuses new ones. Default: no limit. */
  maxRequests?: number;
  /** What a full queue does: refuse the new request (default), or drop the oldest, in silence. */
  discard?: "new" | "old";
  /** A request older than this leaves the queue (`max_age`), also while its handler runs. Default: no limit. */
  requestAgeMs?: number;
  /**
   * Bytes for all streams together: REQUESTS gets 60 %, the replies 30 %, DEAD_LETTERS 10 %. With several replicas each of them takes as
   * much. Default: for a new stream its share of what the account has left, or no limit if the account has none.
   */
  maxBytes?: number;
  /**
   * Several consumers by name, each with subjects of its own: one with much work does not hold up another. REQUESTS then stores only
   * what one of them takes. `Responder.start(nc, { consumer })` names the one to pull from. Default: the consumer `responder` for all.
   */
  consumers?: Readonly<Record<string, ConsumerOptions>>;
  /** Further settings of single streams. What is left out here stays as it is. */
  streams?: { requests?: StreamOverrides; replies?: StreamOverrides; deadLetters?: StreamOverrides };
  /**
   * Requests for later (`requester.send` with `at` or `delayMs`). Needs nats-server 2.12, and cannot be taken back. The server then also
   * takes the header `Nats-Rollup` of any sender, which removes other requests: not where senders do not trust one another. Default: false.
   */
  schedules?: boolean;
  /** Reply strategies to compare with the mailbox that need a stream of their own. Default: none. */
  strategies?: readonly StreamStrategy[];
}

export const setupOptionNames = {
  ...{ storage: true, replicas: true, replyAgeMs: true, duplicateWindowMs: true, consumers: true, schedules: true },
  ...deliveryOptionNames,
  ...queueOptionNames,
  ...{ maxRequests: true, discard: true, requestAgeMs: true, maxBytes: true, strategies: true, streams: true },
} satisfies OptionNames<SetupOptions>;

/** Settings of one stream, in the server's words: sizes in bytes. */
export type StreamOverrides = Partial<
  Pick<StreamConfig, "max_bytes" | "max_msg_size" | "placement" | "compression" | "metadata" | "description">
>;

const streamKindNames = { requests: true, replies: true, deadLetters: true } satisfies OptionNames<
  NonNullable<SetupOptions["streams"]>
>;

export const streamOverrideNames = {
  ...{ max_bytes: true, max_msg_size: true, placement: true, compression: true, metadata: true, description: true },
} satisfies OptionNames<StreamOverrides>;

function withOverrides(
  streams: StreamPlan[],
  { requests, replies, deadLetters }: NonNullable<SetupOptions["streams"]>,
) {
  const overrides = [requests, replies, deadLetters];
  return streams.map((stream, n): StreamPlan => ({ ...stream, ...overrides[n] }));
}

/** The server's own bounds, checked before anything is created. */
const least: Partial<Record<keyof SetupOptions, number>> = {
  replyAgeMs: 100,
  requestAgeMs: 100,
  duplicateWindowMs: 100,
  maxBytes: leastBytes,
};

/** @throws InvalidInputError when one is out of the server's range. */
function requireOptions(options: SetupOptions): void {
  checkOptions("planSetup", options, setupOptionNames);
  requireNumbers(options, "");
  checkOptions("planSetup, streams,", options.streams ?? {}, streamKindNames);
  for (const [name, overrides] of Object.entries(options.streams ?? {})) {
    requireNumbers(
      checkOptions(`planSetup, streams.${name},`, overrides ?? {}, streamOverrideNames),
      `streams.${name}.`,
    );
  }
  for (const [name, consumer] of Object.entries(options.consumers ?? {}))
    requireNumbers(consumer, `consumers.${name}.`);
  if (options.replicas !== undefined && options.replicas > 5) {
    throw new InvalidInputError(`Expected replicas to be 1 to 5 (a nats-server limit), got ${options.replicas}.`);
  }
}

function requireNumbers(options: object, prefix: string): void {
  for (const [name, value] of Object.entries(options ?? {})) {
    if (typeof value !== "number") continue;
    const from = least[name as keyof SetupOptions] ?? 1;
    const unlimited = value === -1 && ["maxDeliver", "maxRequests", "max_bytes", "max_msg_size"].includes(name);
    if (unlimited || (Number.isSafeInteger(value) && value >= from)) continue;
    throw new InvalidInputError(`Expected ${prefix}${name} to be a whole number from ${from}, got ${value}.`);
  }
}

// The streams of the reply strategies `kv` and `shared`. Neither is part of the default plan.

/** A stream as the server's clients make one for a bucket (ADR-8), so that `nats kv get` reads it. */
function kv(names: QueueNames, common: Partial<StreamConfig>): StreamPlan {
  return {
    ...common,
    name: names.kvStream,
    subjects: [`${names.kvPrefix}>`],
    retention: RetentionPolicy.Limits,
    max_msgs_per_subject: 1,
    allow_rollup_hdrs: true,
    deny_delete: true,
    allow_direct: true,
    // To the same subjects as the mailboxes: a requester that waits need not know where its reply is kept.
    republish: { src: `${names.kvPrefix}>`, dest: `${names.republishPrefix}>` },
  };
}

function shared(names: QueueNames, common: Partial<StreamConfig>): StreamPlan {
  const { sharedStream: name, sharedPrefix } = names;
  return { ...common, name, subjects: [`${sharedPrefix}*`], retention: RetentionPolicy.Limits };
}

const plans = { kv, shared };

/** Strategies that need a stream besides REQUESTS and REPLIES. */
export type StreamStrategy = keyof typeof plans;

export const streamStrategies = Object.keys(plans) as StreamStrategy[];

/** The stream that a strategy needs besides REQUESTS and REPLIES, if any. */
export const streamNames = ({ kvStream, sharedStream }: QueueNames): Record<StreamStrategy, string> => ({
  kv: kvStream,
  shared: sharedStream,
});

/** @throws InvalidInputError on a strategy that has no stream of its own. */
function strategyStreams(
  names: QueueNames,
  strategies: readonly StreamStrategy[],
  common: Partial<StreamConfig>,
): StreamPlan[] {
  for (const name of strategies) {
    if (Object.hasOwn(plans, name)) continue;
    throw new InvalidInputError(`Expected strategies to be of ${streamStrategies.join(", ")}, got ${quote(name)}.`);
  }
  return streamStrategies.filter((name) => strategies.includes(name)).map((name) => plans[name](names, common));
}

/**
 * The plan without what this server is too old for.
 * @throws ServerTooOldError for what was asked for, and the server does not have.
 */
export function planFor(nc: Versioned, plan: SetupPlan): SetupPlan {
  const streams = hasFeature(nc, "message-ttl") ? plan.streams : plan.streams.map(withoutTtl);
  for (const { config } of plan.consumers) {
    const { durable_name: name, filter_subjects: filters, metadata } = config;
    if (metadata?.[sharedKey]) requireFeature(nc, "consumer-metadata", `Shared consumer ${name}`);
    if (filters) requireFeature(nc, "filter-subjects", `Consumer ${name} with ${filters.length} subjects`);
  }
  const described = plan.streams.find((stream) => stream.metadata !== undefined);
  if (described) requireFeature(nc, "consumer-metadata", `Stream ${described.name} with metadata`);
  const scheduled = plan.streams.find((stream) => stream.allow_msg_schedules);
  if (scheduled) requireFeature(nc, "message-schedules", `Stream ${scheduled.name} with schedules`);
  if (hasFeature(nc, "consumer-metadata")) return { ...plan, streams };
  const consumers = plan.consumers.map(({ stream, config }) => ({ stream, config: withoutMetadata(config) }));
  return { ...plan, streams, consumers };
}

/** The server counts the deliveries itself. */
function withoutMetadata({ metadata, max_deliver, ...rest }: ConsumerPlan): ConsumerPlan {
  return { ...rest, max_deliver: Number(metadata?.[maxAttemptsKey] ?? max_deliver ?? -1) };
}

function withoutTtl({ allow_msg_ttl: _, ...rest }: StreamPlan): StreamPlan {
  return rest;
}
