// Result schema: the one schema of a result, from which its JSON Schema is made; the compiler compares it with `RunResult`.
import { z } from "zod";
import type { EventType } from "../history/event.js";
import { historyFormat, type RunResult } from "../history/result.js";
import { verdicts } from "../history/verdict.js";

const verdict = z.enum(verdicts);
const value = z.union([z.string(), z.number()]);
const count = z.int().nonnegative();
const ms = z.number().nonnegative();
const strategy = z.enum(["inbox", "mailbox", "kv", "shared", "trial", "core", "by-hand"]);

const expectation = z.strictObject({
  path: z.string().describe("what was looked at, e.g. `lunch` or `stream.REQUESTS.messages`"),
  verdict,
  expected: value,
  actual: value.optional().describe("absent when it could not be read"),
  lastTrueMs: ms.optional().describe("where it is not so: when it was so last, since the run began"),
  line: z.int().positive().describe("line in the scenario file, from 1"),
});

/** Histories gain events without a new format: to a reader of results their types are text. */
const eventType = z.string() as unknown as z.ZodType<EventType>;

const trail = z.strictObject({
  request: z.string(),
  events: z.array(
    z.strictObject({
      t: z.number().describe("microseconds, as in the history"),
      actor: z.string(),
      type: eventType,
      source: z.enum(["wire", "broker"]).optional().describe("absent: the actor recorded it itself"),
      note: z.string().optional(),
    }),
  ),
  omitted: z.strictObject({ events: count, after: count }).optional(),
});

const check = z.strictObject({
  name: z.string(),
  verdict,
  expected: verdict.describe("`violated` for a known loss that is the lesson"),
  detail: z.string(),
  atMost: count.optional().describe("how many the scenario allows"),
  replies: z.record(z.string(), z.string()).optional().describe("the templates of `reply-matches`, by order"),
  requests: z.array(z.string()).describe("ids of the requests that the verdict rests on"),
  trails: z.array(trail).optional().describe("what happened to the first few of these requests"),
  moreTrails: count.optional(),
});

const request = z.strictObject({
  as: z.string().describe("the scenario's name for it"),
  alsoAs: z.array(z.string()).optional().describe("names under which it was sent again with its id"),
  request: z.string().describe("its id"),
  subject: z.string(),
  strategy,
  outcome: z
    .string()
    .describe(
      "e.g. `pending`, `stored` (sent without a wait), `timed-out`, `ok 🥪`, `refused`, `no-responders`, `puback`",
    ),
  parts: count.optional().describe("of several replies: how many parts reached a requester"),
});

const latency = z.strictObject({
  as: z.string().describe("the load's name"),
  count: count.describe("how many have a reply"),
  unanswered: count
    .optional()
    .describe("how many have none; each counts in the percentiles with the time that its caller waited"),
  p50: ms,
  p90: ms,
  p99: ms,
  "p99.9": ms,
  max: ms,
});

/**
 * `format` is the version: it grows when a key changes its meaning or goes away, not when one is added. The JSON report writes
 * the keys in this order.
 */
export const resultSchema = z.strictObject({
  scenario: z.string(),
  question: z.string(),
  answer: z.string(),
  verdict,
  reason: z.string().optional().describe("why the verdict is not `held`"),
  requests: z.array(request),
  expectations: z.array(expectation),
  checks: z.array(check),
  counts: z.strictObject({ requested: count, stored: count, executed: count, replied: count, collected: count }),
  latency: z.array(latency).optional().describe("milliseconds from request to reply, for each load"),
  outputs: z
    .array(z.strictObject({ actor: z.string(), text: z.string(), omittedBytes: count.optional() }))
    .optional()
    .describe("what each external actor printed, of a longer output the end"),
  seed: z.number().describe("everything random in the run came from it"),
  server: z.strictObject({ version: z.string(), origin: z.string(), url: z.string() }),
  file: z.string(),
  durationMs: ms.describe("wall time of the whole run"),
  history: z.string().describe("folder with the run's NDJSON files"),
  format: z.literal(historyFormat),
}) satisfies z.ZodType<RunResult>;

/** Compiles only while every `RunResult` fits the schema, too: a key that is new there has to be added here. */
export const asResult = (result: RunResult): z.infer<typeof resultSchema> => result;

/** From `src/report` and from `dist/report` alike. */
export const resultSchemaFile = new URL("../../schema/result.schema.json", import.meta.url);

/** As it is committed. */
export function resultSchemaText(): string {
  const schema = { title: "Result of a run, format 1", ...z.toJSONSchema(resultSchema, { target: "draft-07" }) };
  return `${JSON.stringify(schema, null, 2)}\n`;
}
