// The streams and the consumer that durable request-reply needs, as plain data. Nothing here talks to a server.
import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  DiscardPolicy,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from "@nats-io/jetstream";
import { deadLetterStream, replyStream, requestStream, responderConsumer } from "../protocol/names.js";
import { requireOptions, type SetupOptions } from "./options.js";
import { strategyStreams } from "./strategy-streams.js";

export type { SetupOptions } from "./options.js";

export type StreamPlan = Partial<StreamConfig> & { name: string };
export type ConsumerPlan = Partial<ConsumerConfig> & { durable_name: string };

export interface SetupPlan {
  streams: StreamPlan[];
  consumer: { stream: string; config: ConsumerPlan };
}

const nanos = (ms: number) => Math.round(ms * 1_000_000);
const day = 24 * 60 * 60 * 1000;

/** @throws InvalidInput when an option is out of the server's range. */
export function planSetup(options: SetupOptions = {}): SetupPlan {
  requireOptions(options);
  const shared = {
    storage: options.storage === "memory" ? StorageType.Memory : StorageType.File,
    num_replicas: options.replicas ?? 1,
    duplicate_window: nanos(options.duplicateWindowMs ?? 2 * 60 * 1000),
    // A full stream answers the sender; `old` would drop acknowledged messages in silence.
    discard: DiscardPolicy.New,
    // Without PubAcks nobody would learn that anything is stored.
    no_ack: false,
  };
  return {
    streams: [
      requests(shared, options),
      replies(shared, options),
      deadLetters(shared),
      ...strategyStreams(options.strategies ?? [], { ...shared, ...replyAges(shared, options) }),
    ],
    consumer: { stream: requestStream, config: responderPlan(options) },
  };
}

function requests(shared: Partial<StreamConfig>, options: SetupOptions): StreamPlan {
  return {
    ...shared,
    // The server refuses a window longer than the age.
    duplicate_window: Math.min(
      shared.duplicate_window as number,
      options.requestAgeMs === undefined ? Number.POSITIVE_INFINITY : nanos(options.requestAgeMs),
    ),
    name: requestStream,
    subjects: ["requests.*"],
    // A message leaves the stream when the one consumer has acknowledged or terminated it.
    retention: RetentionPolicy.Workqueue,
    max_msgs: options.maxRequests ?? -1,
    max_age: nanos(options.requestAgeMs ?? 0),
    discard: options.discard === "old" ? DiscardPolicy.Old : DiscardPolicy.New,
    // For requests that expire; left out where the server is older than 2.11 (apply.ts).
    allow_msg_ttl: true,
  };
}

function replies(shared: Partial<StreamConfig>, options: SetupOptions): StreamPlan {
  return {
    ...shared,
    ...replyAges(shared, options),
    name: replyStream,
    // The last token is a part's number, where a handler gives several replies to one request.
    subjects: ["replies.*.*", "replies.*.*.*"],
    retention: RetentionPolicy.Limits,
    // What is stored is also sent on, so that a waiting requester needs no consumer of its own.
    republish: { src: "replies.>", dest: "replied.>" },
    allow_direct: true,
  };
}

function deadLetters(shared: Partial<StreamConfig>): StreamPlan {
  return {
    ...shared,
    // A responder that crashed after the copy makes it again, perhaps only when somebody starts it the next day.
    duplicate_window: nanos(day),
    name: deadLetterStream,
    subjects: ["dead-letters.*"],
    retention: RetentionPolicy.Limits,
    allow_direct: true,
  };
}

/** The server refuses a window longer than the age; replies are told apart by subject, not by this window. */
function replyAges(shared: Partial<StreamConfig>, options: SetupOptions) {
  const max_age = nanos(options.replyAgeMs ?? day);
  return { max_age, duplicate_window: Math.min(shared.duplicate_window as number, max_age) };
}

function responderPlan(options: SetupOptions): ConsumerPlan {
  return {
    durable_name: responderConsumer,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    filter_subject: "requests.*",
    ack_wait: nanos(options.ackWaitMs ?? 30_000),
    max_deliver: options.maxDeliver ?? -1,
    max_ack_pending: options.maxAckPending ?? 1000,
    // Responders pull; a push consumer of this name is of no use to them.
    deliver_subject: "",
  };
}
