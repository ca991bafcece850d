// The schema of streams beside those of the queues: their messages, their limits, and their consumers.
import { z } from "zod";
import { count, duration, name, serviceSubject, streamName } from "./fields.js";
import { replicas } from "./schema-server.js";

const wholeText = "a whole number, 1 or more";

const consumer = z.strictObject(
  {
    filter: z
      .array(serviceSubject, 'a list like ["orders.>"]')
      .min(1, "a list of at least one subject")
      .optional()
      .describe("The subjects that the consumer takes. Default: all of the stream."),
    ack: z.enum(["explicit", "none"]).default("explicit").describe("Whether a message needs an ack."),
    ack_wait: duration.default("30s").describe("The time after which the server redelivers a message without an ack."),
    max_deliver: count(1, wholeText)
      .optional()
      .describe("The largest number of deliveries per message. Default: no limit."),
    max_ack_pending: count(1, wholeText)
      .optional()
      .describe("The largest number of delivered messages without an ack. Default: 1000, the server's default."),
  },
  "a mapping like { filter: [replies.>] }",
);

const otherStream = z.strictObject(
  {
    subjects: z
      .array(serviceSubject, 'a list like ["orders.>"]')
      .min(1, "a list of at least one subject")
      .optional()
      .describe("The subjects that the stream stores. No other stream of the file stores them."),
    mirror: streamName
      .optional()
      .describe(
        "The stream that it copies, with the sequence of each message. A mirror has no `subjects` and `sources`.",
      ),
    sources: z
      .array(streamName, "a list like [REQUESTS]")
      .min(1, "a list of at least one stream")
      .optional()
      .describe("The streams that it copies into one."),
    storage: z.enum(["file", "memory"]).default("file").describe("The storage of the stream."),
    replicas: replicas.describe("Replicas of the stream, at most one on each server of the cluster."),
    retention: z
      .enum(["limits", "interest", "workqueue"])
      .default("limits")
      .describe("When a message leaves the stream: at a limit, after all consumers, or after one consumer."),
    max_msgs: count(1, wholeText).optional().describe("The largest number of messages. Default: no limit."),
    max_bytes: count(1, wholeText).optional().describe("The largest number of bytes. Default: no limit."),
    max_msgs_per_subject: count(1, wholeText)
      .optional()
      .describe("The largest number of messages of one subject. Default: no limit."),
    max_age: duration.optional().describe("The age at which the server removes a message. Default: no limit."),
    discard: z
      .enum(["old", "new"])
      .default("old")
      .describe("The policy of a full stream. old: drop the oldest message. new: refuse the new one."),
    duplicate_window: duration
      .optional()
      .describe("The time for which the server deduplicates by message id. Default: 2m, the server's default."),
    consumers: z
      .record(name, consumer, "a mapping like { billing: { filter: [replies.>] } }")
      .default({})
      .describe("The consumers of the stream, by name."),
  },
  "a mapping like { sources: [REQUESTS] }",
);

export const otherStreams = z.record(streamName, otherStream, "a mapping like { AUDIT: { sources: [REQUESTS] } }");

export type OtherStreamsFile = z.output<typeof otherStreams>;
export type OtherStreamFile = OtherStreamsFile[string];
