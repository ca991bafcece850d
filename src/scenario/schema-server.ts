// The schema of servers and streams: how many servers, how they store, and the streams' settings.

import { z } from "zod";
import { durationPattern } from "../common/duration.js";
import { count, duration } from "./fields.js";

const syncText = '"always" or a duration like "10s"';
const bytesText = "a whole number of bytes";

export const server = z.strictObject(
  {
    nodes: z.literal([1, 3]).default(1).describe("One server, or a cluster of three: one, two and three."),
    sync_interval: z
      .union([z.literal("always"), z.string().regex(durationPattern)], syncText)
      .optional()
      .describe("How often a store is synced to its disk. Default: the server's own, 2 minutes."),
    limits: z
      .strictObject(
        {
          file: count(1, bytesText).optional().describe("Bytes of streams on disk, in all."),
          memory: count(1, bytesText).optional().describe("Bytes of streams in memory, in all."),
        },
        "a mapping like { file: 1000000 }",
      )
      .prefault({})
      .describe("What JetStream may take."),
  },
  "a mapping like { nodes: 3 }",
);

export type ServerFile = z.output<typeof server>;

// The schema of the streams between requesters and responders.

const deliveryText = "a whole number, 1 or more, or -1 for no limit";

const streams = z.strictObject(
  {
    storage: z.enum(["file", "memory"]).default("file").describe("Where the streams keep messages."),
    replicas: z.literal([1, 3]).default(1).describe("Copies of each stream; 3 needs a cluster."),
    ack_wait: duration
      .default("30s")
      .describe("How long a responder may hold a request before it is redelivered."),
    max_deliver: z
      .int(deliveryText)
      .min(-1, deliveryText)
      .refine((n) => n !== 0, deliveryText)
      .default(-1)
      .describe("Deliveries per request before the server gives up; -1 for no limit."),
    duplicate_window: duration
      .optional()
      .describe("How long the server remembers a request's id. Default: 2m."),
    max_requests: count(1, "a whole number, 1 or more")
      .optional()
      .describe("Most requests that the queue holds. Default: no limit."),
    discard: z
      .enum(["new", "old"])
      .default("new")
      .describe("What a full queue does: refuse what is new, or drop what is old, in silence."),
    request_age: duration
      .optional()
      .describe(
        "A request older than this leaves the queue (max_age), also while it is worked on. Default: none does.",
      ),
    max_ack_pending: count(1, "a whole number, 1 or more")
      .optional()
      .describe(
        "Most requests delivered and not acknowledged, all responders together. Default: 1000, the server's.",
      ),
  },
  "a mapping",
);

export const setup = z.union(
  [z.literal("none"), streams],
  '"none" or a mapping like { storage: memory, ack_wait: 5s }',
);

export type SetupFile = z.output<typeof setup>;
