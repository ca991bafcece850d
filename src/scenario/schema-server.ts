// The schema of the kit's own servers in a run: how many, and how they store.
import { z } from "zod";
import { durationPattern } from "../time/duration.js";
import { count } from "./words.js";

const syncWords = '"always" or a duration like "10s"';
const bytesWords = "a whole number of bytes";

export const server = z.strictObject(
  {
    nodes: z.literal([1, 3]).default(1).describe("One server, or a cluster of three: one, two and three."),
    sync_interval: z
      .union([z.literal("always"), z.string().regex(durationPattern)], syncWords)
      .optional()
      .describe("How often a store is synced to its disk. Default: the server's own, 2 minutes."),
    limits: z
      .strictObject(
        {
          file: count(1, bytesWords).optional().describe("Bytes of streams on disk, in all."),
          memory: count(1, bytesWords).optional().describe("Bytes of streams in memory, in all."),
        },
        "a mapping like { file: 1000000 }",
      )
      .prefault({})
      .describe("What JetStream may take."),
  },
  "a mapping like { nodes: 3 }",
);

export type ServerFile = z.output<typeof server>;
