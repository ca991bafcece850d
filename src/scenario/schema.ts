// The schema of a scenario file: what each key may hold. What the keys mean together is in meaning.ts and walk.ts.
import { z } from "zod";
import { checkNames } from "./model.js";
import { requester, responder, service } from "./schema-actors.js";
import { server } from "./schema-server.js";
import { setup } from "./schema-setup.js";
import { step } from "./schema-step.js";
import { expectations } from "./verbs/expect.js";
import { count, flag, name, sentence } from "./words.js";

const seedWords = "a whole number from 0 to 4294967295";
export const seed = count(0, seedWords).max(0xffff_ffff, seedWords);

const runsWords = "a whole number from 1 to 1000";
const timesWords = "a whole number, 1 or more";

/** The checks that take parameters, each with its own. */
const checkWithParameters = z.strictObject(
  {
    "no-duplicate-executions": z
      .strictObject(
        {
          at_most: count(1, timesWords)
            .max(1000, "at most 1000")
            .describe("How often a request may be executed."),
        },
        "a mapping like { at_most: 2 }",
      )
      .describe("No request is executed more often than that."),
  },
  "a mapping like { no-duplicate-executions: { at_most: 2 } }",
);

const checkWords = "the name of a check, or a mapping like { no-duplicate-executions: { at_most: 2 } }";

export const checkList = z.array(
  z.union([z.enum(checkNames), checkWithParameters], checkWords),
  "a list of checks like [no-lost-requests]",
);

export const expected = z.partialRecord(
  z.enum(checkNames),
  z.enum(["held", "violated", "unknown"]),
  "a mapping like { no-lost-replies: violated }",
);

/** Requesters, responders or services by name. */
const named = <T extends z.ZodType>(of: T, example: string) =>
  z.record(name, of, `a mapping like ${example}`);

export const scenarioFile = z.strictObject(
  {
    scenario: name.describe("The scenario's name: the file's name without its ending."),
    question: sentence.describe("The one question the scenario asks, in plain words."),
    answer: sentence.describe("The answer it proves."),
    requires: z
      .strictObject(
        {
          server: z
            .string('a version like ">=2.11"')
            .regex(/^>=\s*\d{1,4}\.\d{1,4}(\.\d{1,4})?$/, 'a version like ">=2.11"')
            .optional()
            .describe('The oldest nats-server that will do, e.g. ">=2.11".'),
          nodes: z
            .literal([1, 3])
            .optional()
            .describe(
              "Of a server that was given: how many its cluster must have. The kit's own has `server.nodes`.",
            ),
          root: flag.optional().describe("Whether the kit has to run as root."),
        },
        'a mapping like { server: ">=2.11" }',
      )
      .prefault({})
      .describe("What the scenario needs; where that is missing, it is not run."),
    seed: seed
      .optional()
      .describe(
        "Everything random in a run comes from it; a run prints its own, and --seed plays it again. Default: a new one.",
      ),
    server: server
      .prefault({})
      .describe("The kit's own server, or servers. A given one (NATS_URL) is as it is."),
    setup: setup
      .prefault({})
      .describe("The REQUESTS, REPLIES and DEAD_LETTERS streams; `none` where nothing is stored."),
    requesters: named(requester, "{ alice: { timeout: 1s } }").default({}).describe("Who asks, by name."),
    responders: named(responder, "{ bob: { online: false } }")
      .default({})
      .describe("Who works on requests, by name."),
    services: named(service, "{ greeter: { subject: greet.*, reply: hello } }")
      .default({})
      .describe("Plain core NATS responders, by name: no stream, no queue."),
    sweep: z
      .record(
        z.string().regex(/^[a-z_]+(\.[\w-]+)+$/, 'a path like "setup.ack_wait"'),
        z
          .array(
            z.union([z.string(), z.number(), z.boolean()], "a text, a number, true or false"),
            "a list of values",
          )
          .min(2, "a list of at least two values"),
        "a mapping like { setup.ack_wait: [1s, 5s] }",
      )
      .optional()
      .describe(
        "Runs the scenario once for every combination of these values, each in the place its path names, and shows " +
          "the results in a table. All of them must hold.",
      ),
    repeat: count(1, runsWords)
      .max(1000, runsWords)
      .default(1)
      .describe("How often the scenario is run; every run must hold."),
    timeline: z
      .array(step, "a list of steps")
      .min(1, "a list of at least one step")
      .describe("What happens, step by step."),
    thresholds: expectations
      .optional()
      .describe("What must be so at the end, after the last step: percentiles, times and counts."),
    check: checkList.default([]).describe("What the history of the run is judged by."),
    expected: expected
      .default({})
      .describe("Verdicts other than `held` that are the lesson of the scenario."),
  },
  "a mapping that begins with `scenario:`",
);

export type CheckFile = z.output<typeof checkList>[number];
export type ScenarioFile = z.output<typeof scenarioFile>;
