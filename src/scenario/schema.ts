// The schema of a scenario file: the values that each key can have.
import { z } from "zod";
import type { CheckName, ChosenCheck } from "../history/checks/index.js";
import { asVerdict, verdicts } from "../history/verdict.js";
import type { Path } from "./diagnostic.js";
import { count, duration, flag, name, queue, sentence, text } from "./fields.js";
import { checkNames } from "./model.js";
import { requester, responder, service } from "./schema-actors.js";
import { nodeCount, server, setup } from "./schema-server.js";
import { otherStreams } from "./schema-streams.js";
import { expectations } from "./steps/expect.js";
import { simpleSteps } from "./steps/index.js";
import { repeat, together } from "./steps/nested.js";
import type { StepDefinition } from "./steps/step.js";

// The schema of one step of a timeline: one kind, and optionally its time.

type Definitions = Record<string, StepDefinition>;
type Optional<V extends Definitions> = { [K in keyof V]: z.ZodOptional<V[K]["schema"]> };

const timing = {
  at: duration
    .optional()
    .describe("The time of this step, counted from the first step. If it has passed, the step begins at once."),
  after: text
    .optional()
    .describe("The event before this step: `lunch.stored`, `lunch.delivered#2` (the second), `bob.drained`."),
  at_latest: duration
    .optional()
    .describe(
      "With `after`: the step begins after this time, counted from the end of the step before, even without the event.",
    ),
  within: duration.optional().describe("The longest wait for `after` or `eventually`. Default: 10s."),
};

function stepOf<V extends Definitions>(definitions: V) {
  const entries = Object.entries(definitions).map(([name, { schema }]) => [name, schema.optional()]);
  const shape = Object.fromEntries(entries) as Optional<V>;
  return z
    .strictObject({ ...shape, ...timing }, "a step like `start: bob`")
    .meta({ oneOf: Object.keys(definitions).map((kind) => ({ required: [kind] })) });
}

const leaf = stepOf(simpleSteps);
const withTogether = { ...simpleSteps, together: together(leaf) };

/** Each step has exactly one of these keys. */
const definitions = { ...withTogether, repeat: repeat(stepOf(withTogether)) };
export type StepKind = keyof typeof definitions;
export const stepKinds = Object.keys(definitions) as StepKind[];

export const step = stepOf(definitions);
export type StepFile = z.output<typeof step>;

/** Without the type of its value. */
export const stepDefinition = (name: StepKind) => definitions[name] as unknown as StepDefinition;

const seedText = "a whole number from 0 to 4294967295";
const seed = count(0, seedText).max(0xffff_ffff, seedText);

const runsText = "a whole number from 1 to 1000";
const timesText = "a whole number, 1 or more";

const atMost = (what: string) =>
  z
    .strictObject(
      { at_most: count(1, timesText).max(1000, "at most 1000").describe(`The largest number of ${what} per request.`) },
      "a mapping like { at_most: 2 }",
    )
    .optional();

/** Checks with parameters. */
const checkWithParameters = z
  .strictObject(
    {
      "no-duplicate-executions": atMost("executions").describe("No request is executed more often than `at_most`."),
      "no-storm": atMost("deliveries").describe("No request is delivered more often than `at_most`."),
      "reply-matches": z
        .record(
          z.string(),
          z.string('a text like "{payload}"'),
          'a mapping of orders to templates like { order-echo: "{payload}" }',
        )
        .optional()
        .describe(
          "Every `ok` reply to an order has the payload that its template states. `{payload}`: the request's payload. `{id}`: its id.",
        ),
    },
    "a mapping like { no-duplicate-executions: { at_most: 2 } }",
  )
  .refine((check) => Object.keys(check).length === 1, "a mapping of one check to its parameters");

const checkText = "the name of a check, or a mapping like { no-duplicate-executions: { at_most: 2 } }";

export const checkList = z.array(
  z.union([z.enum(checkNames), checkWithParameters], checkText),
  "a list of checks like [no-lost-requests]",
);

export const expected = z.partialRecord(
  z.enum(checkNames),
  // A scenario that a run has saved may have the older word.
  z.preprocess((word) => (word === "unknown" ? asVerdict(word) : word), z.enum(verdicts)),
  "a mapping like { no-lost-replies: violated }",
);

/** Requesters, responders or services by name. */
const named = <T extends z.ZodType>(of: T, example: string) => z.record(name, of, `a mapping like ${example}`);

export const scenarioFile = z.strictObject(
  {
    scenario: name.describe("The name of the scenario: the file name without `.yaml`."),
    question: sentence.describe("The question that the scenario asks."),
    answer: sentence.describe("The answer that the scenario proves."),
    requires: z
      .strictObject(
        {
          server: z
            .string('a version like ">=2.11"')
            .regex(/^>=\s*\d{1,4}\.\d{1,4}(\.\d{1,4})?$/, 'a version like ">=2.11"')
            .optional()
            .describe('The oldest supported nats-server, e.g. ">=2.11".'),
          nodes: nodeCount
            .optional()
            .describe(
              "The number of nodes that a cluster in NATS_URL must have. For the kit's own servers use `server.nodes`.",
            ),
          root: flag.optional().describe("If true, the kit must run as root."),
        },
        'a mapping like { server: ">=2.11" }',
      )
      .prefault({})
      .describe("Requirements of the scenario. If one is missing, the scenario does not run."),
    seed: seed
      .optional()
      .describe(
        "The seed of all random choices in a run. A run prints its seed, and --seed repeats it. Default: a new seed.",
      ),
    server: server
      .prefault({})
      .describe("The servers that the kit starts. A server in NATS_URL keeps its own configuration."),
    queue: queue
      .optional()
      .describe(
        "The queue of every actor that has no `queue` of its own. `payments` has the streams PAYMENTS_REQUESTS, " +
          "PAYMENTS_REPLIES and PAYMENTS_DEAD_LETTERS. Default: the queue without a name.",
      ),
    setup: setup
      .prefault({})
      .describe(
        "The streams REQUESTS, REPLIES and DEAD_LETTERS, and those of each `queue`. `none` creates no streams.",
      ),
    streams: otherStreams
      .default({})
      .describe(
        "Streams beside those of the queues, by name: copies of them (`mirror`, `sources`), or streams of other programs. " +
          "The run creates and removes them.",
      ),
    requesters: named(requester, "{ alice: { timeout: 1s } }").default({}).describe("The requesters, by name."),
    responders: named(responder, "{ bob: { online: false } }").default({}).describe("The responders, by name."),
    services: named(service, "{ greeter: { subject: greet.*, reply: hello } }")
      .default({})
      .describe("Core NATS responders, by name. They use no stream."),
    sweep: z
      .record(
        z.string().regex(/^[a-z_]+(\.[\w-]+)+$/, 'a path like "setup.ack_wait"'),
        z
          .array(z.union([z.string(), z.number(), z.boolean()], "a text, a number, true or false"), "a list of values")
          .min(2, "a list of at least two values"),
        "a mapping like { setup.ack_wait: [1s, 5s] }",
      )
      .optional()
      .describe(
        "Runs the scenario once per combination of these values and prints a table. Each key is the path of a value " +
          "in the file. Every run must hold.",
      ),
    repeat: count(1, runsText).max(1000, runsText).default(1).describe("The number of runs. Every run must hold."),
    timeline: z
      .array(step, "a list of steps")
      .min(1, "a list of at least one step")
      .describe("The steps of the run, in order."),
    thresholds: expectations.optional().describe("Expectations after the last step: percentiles, times and counts."),
    check: checkList.default([]).describe("The checks that judge the history of the run."),
    expected: expected.prefault({}).describe("Expected verdicts other than `held`, for a scenario that shows a loss."),
  },
  "a mapping that begins with `scenario:`",
);

type CheckFile = z.output<typeof checkList>[number];
export type ScenarioFile = z.output<typeof scenarioFile>;

// The keys that a mapping may have, asked of the schema itself, so that no list of them can drift.

/** The known keys of the mapping at `path`; none where any key will do. */
export function keysAt(root: z.core.$ZodType, path: Path): string[] {
  let schema: z.core.$ZodType | undefined = mapping(root);
  for (const part of path) {
    if (schema === undefined) return [];
    schema = mapping(childOf(schema, String(part)));
  }
  if (schema instanceof z.ZodObject) return Object.keys(schema.shape);
  if (schema instanceof z.ZodRecord && schema.keyType instanceof z.ZodEnum) return schema.keyType.options.map(String);
  return [];
}

function childOf(schema: z.core.$ZodType, key: string): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodObject) return schema.shape[key];
  if (schema instanceof z.ZodRecord) return schema.valueType;
  return schema instanceof z.ZodArray ? schema.element : undefined;
}

/** Without its wrappers (optional, default); of a union, the branch that is a mapping. */
function mapping(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return mapping(schema.unwrap());
  if (schema instanceof z.ZodUnion) return schema.options.find((option) => option instanceof z.ZodObject);
  return schema;
}

// A check as a file asks for it: its name, or a mapping of its name to its parameters.

export function chosenCheck(check: CheckFile): ChosenCheck {
  if (typeof check === "string") return check;
  const { "reply-matches": replies, ...limited } = check;
  if (replies) return { name: "reply-matches", replies };
  const [[name, { at_most }]] = Object.entries(limited) as [[CheckName, { at_most: number }]];
  return { name, atMost: at_most };
}

// The JSON Schema of scenario files, for editors.

/** Where the package keeps it; from `src/scenario` and from `dist/scenario` alike. */
export const jsonSchemaFile = new URL("../../schema/scenario.schema.json", import.meta.url);

/** As it is committed. */
export function jsonSchemaText(): string {
  const schema = z.toJSONSchema(scenarioFile, { io: "input", target: "draft-07", reused: "ref" });
  return `${JSON.stringify({ title: "Scenario of jetstream-request-reply-kit", ...schema }, null, 2)}\n`;
}
