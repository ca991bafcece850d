// The schema of the streams between requesters and responders.
import { z } from "zod";
import { count, duration } from "./words.js";

const deliveryWords = "a whole number, 1 or more, or -1 for no limit";

const streams = z.strictObject(
  {
    storage: z.enum(["file", "memory"]).default("file").describe("Where the streams keep messages."),
    replicas: z.literal([1, 3]).default(1).describe("Copies of each stream; 3 needs a cluster."),
    ack_wait: duration
      .default("30s")
      .describe("How long a responder may hold a request before it is redelivered."),
    max_deliver: z
      .int(deliveryWords)
      .min(-1, deliveryWords)
      .refine((n) => n !== 0, deliveryWords)
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
