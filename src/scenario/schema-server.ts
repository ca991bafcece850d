// The schema of servers and streams: how many servers, how they store, and the streams' settings.
import { z } from "zod";
import { durationPattern } from "../common/duration.js";
import { mostNodes } from "../common/node-names.js";
import { count, duration, name, orderSubject, serverVersion } from "./fields.js";

const nodesText = `a number of servers from 1 to ${mostNodes}`;
export const nodeCount = count(1, nodesText).max(mostNodes, nodesText);

const replicasText = "a number of replicas from 1 to 5";

export const replicas = count(1, replicasText).max(5, replicasText).default(1);

const syncText = '"always" or a duration like "10s"';
const bytesText = "a whole number of bytes";

export const server = z.strictObject(
  {
    nodes: nodeCount
      .default(1)
      .describe("One server, or a cluster whose servers have the names one, two, three, and so on. Usual: 1, 3, 5."),
    version: z
      .union([serverVersion, z.record(name, serverVersion)], "a version like 2.14.0, or a mapping like { one: 2.12.4 }")
      .optional()
      .describe(
        "The version of nats-server, or of each named server. It is found on this machine (NATS_SERVER_BIN, PATH, the " +
          "cache), downloaded, or built with the Go toolchain; otherwise the scenario does not run. Default: the server of " +
          "`--server-version`.",
      ),
    sync_interval: z
      .union([z.literal("always"), z.string().regex(durationPattern)], syncText)
      .optional()
      .describe("The interval between syncs of the store to the disk. Default: 2 minutes, the server's default."),
    limits: z
      .strictObject(
        {
          file: count(1, bytesText).optional().describe("Total bytes of all streams on disk."),
          memory: count(1, bytesText).optional().describe("Total bytes of all streams in memory."),
        },
        "a mapping like { file: 1000000 }",
      )
      .prefault({})
      .describe("Limits of JetStream."),
  },
  "a mapping like { nodes: 3 }",
);

export type ServerFile = z.output<typeof server>;

// The schema of the streams between requesters and responders.

const deliveryText = "a whole number, 1 or more, or -1 for no limit";

const consumerText = "a mapping like { subjects: [now.>] }";

const consumer = z.strictObject(
  {
    subjects: z
      .array(orderSubject, "a list like [now.>]")
      .min(1, "a list of at least one entry")
      .describe("The orders that the consumer takes. No two consumers take the same order."),
    ack_wait: duration.optional().describe("Default: the `ack_wait` of the setup."),
    max_deliver: z
      .int(deliveryText)
      .min(-1, deliveryText)
      .refine((n) => n !== 0, deliveryText)
      .optional()
      .describe("Default: the `max_deliver` of the setup."),
    max_ack_pending: count(1, "a whole number, 1 or more")
      .optional()
      .describe("Default: the `max_ack_pending` of the setup."),
  },
  consumerText,
);

const streams = z.strictObject(
  {
    storage: z.enum(["file", "memory"]).default("file").describe("The storage of the streams."),
    replicas: replicas.describe("Replicas of each stream, at most one on each server of the cluster."),
    ack_wait: duration
      .default("30s")
      .describe("The time that a responder may hold a request before the server redelivers it."),
    max_deliver: z
      .int(deliveryText)
      .min(-1, deliveryText)
      .refine((n) => n !== 0, deliveryText)
      .default(-1)
      .describe("The largest number of deliveries per request. -1 means no limit."),
    duplicate_window: duration
      .optional()
      .describe("The time for which the server deduplicates by request id. Default: 2m."),
    max_requests: count(1, "a whole number, 1 or more")
      .optional()
      .describe("The largest number of requests in REQUESTS. Default: no limit."),
    discard: z
      .enum(["new", "old"])
      .default("new")
      .describe(
        "The policy of a full stream. new: refuse the new request. old: drop the oldest request without an error.",
      ),
    request_age: duration
      .optional()
      .describe(
        "The max_age of REQUESTS. The server removes an older request, even if a handler runs. Default: no limit.",
      ),
    max_ack_pending: count(1, "a whole number, 1 or more")
      .optional()
      .describe(
        "The largest number of delivered requests without an ack, of all responders. Default: 1000, the server's " +
          "default.",
      ),
    consumers: z
      .record(name, consumer, "a mapping like { batch: { subjects: [later.>] } }")
      .optional()
      .describe(
        "Several consumers, each with its own orders, so that one does not wait for another. A responder names its own " +
          "(`consumer`). Default: the consumer `responder` for all orders.",
      ),
    schedules: z
      .boolean("true or false")
      .optional()
      .describe("Requests for later: a `send` with a `delay`. Needs nats-server 2.12. Default: false."),
    shared: z
      .boolean("true or false")
      .optional()
      .describe(
        "Responders with different menus pull from one consumer. A responder naks an order that is not on its menu, for " +
          "another responder. Default: false, such an order is rejected.",
      ),
  },
  "a mapping",
);

export const setup = z.union(
  [z.literal("none"), streams],
  '"none" or a mapping like { storage: memory, ack_wait: 5s }',
);

export type ConsumerFile = z.output<typeof consumer>;
export type SetupFile = z.output<typeof setup>;
