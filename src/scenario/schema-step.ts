// The schema of one step of a timeline: one verb, and perhaps when.
import { z } from "zod";
import { count, countPaths, duration, name, onTimeout, order, requestId, subject, text } from "./words.js";

/** What a step can do. Exactly one of these keys makes a step. */
export const verbs = [
  "request",
  "expect",
  "eventually",
  "start",
  "stop",
  "crash",
  "restart",
  "collect",
  "cancel",
  "wait",
] as const;
export type Verb = (typeof verbs)[number];

const request = z.strictObject(
  {
    from: name.describe("The requester that sends it."),
    as: name.describe("What the rest of the file calls this request."),
    order: order.optional().describe("What is asked for: the last token of `requests.<order>`."),
    subject: subject.optional().describe("A core NATS subject, for requesters with `reply: core`."),
    payload: text.default("").describe("The body of the request."),
    id: requestId
      .optional()
      .describe("Its id; sent again under the same id, it is the same request. Default: a new one."),
    timeout: duration.optional().describe("How long the requester waits. Default: the requester's own."),
    on_timeout: onTimeout
      .optional()
      .describe("keep, cancel or expire: what becomes of it then. Default: the requester's own."),
  },
  "a mapping like { from: alice, order: order-sandwich, as: lunch }",
);

const collect = z.strictObject(
  {
    request: name.describe("The request whose reply is looked for."),
    by: name.optional().describe("The requester that looks. Default: the one that sent the request."),
    timeout: duration.optional().describe("How long it looks."),
  },
  "a mapping",
);

// Checked in expectation.ts, where the request's name is known; the pattern is for editors.
const counts = countPaths.map((path) => path.replaceAll(".", "\\."));
const path = z.string().meta({ pattern: `^([a-z][a-z0-9-]*|${counts.join("|")})$` });
const countWords = "a count: a whole number, 0 or more";
const value = z.union([z.string(), count(0, countWords)], 'an outcome like "ok 🥪" or a count like 1');
const expectations = z
  .record(path, value, "a mapping like { lunch: timed-out, stream.REQUESTS.messages: 1 }")
  .refine((all) => Object.keys(all).length > 0, "a mapping with something to look at");

export const step = z
  .strictObject(
    {
      request: request
        .optional()
        .describe("A requester sends a request. The next step does not wait for the reply."),
      expect: expectations.optional().describe("What must be so at this moment."),
      eventually: expectations.optional().describe("What must become so, within `within`."),
      start: name.optional().describe("Starts a requester, responder or service that is not running."),
      stop: name.optional().describe("Stops an actor properly: it finishes what it has begun."),
      crash: name.optional().describe("Kills an actor's process on the spot (SIGKILL)."),
      restart: z
        .literal("server", 'the word "server"')
        .optional()
        .describe("Kills the server (SIGKILL) and starts it again on its port and store."),
      collect: z
        .union(
          [name, collect],
          'a request\'s name like "lunch", or a mapping like { request: lunch, by: alice }',
        )
        .optional()
        .describe("A requester looks for the stored reply to an earlier request."),
      cancel: name
        .optional()
        .describe(
          "The requester that sent this request cancels it, whether or not it still waits for the reply.",
        ),
      wait: duration.optional().describe("Lets time pass. Better: `after` and `eventually`."),
      after: text
        .optional()
        .describe(
          "Waits for an event first: `lunch.stored`, `lunch.delivered#2` (the second), `bob.drained`.",
        ),
      within: duration.optional().describe("The longest wait for `after` or `eventually`. Default: 10s."),
    },
    "a step like `start: bob`",
  )
  .meta({ oneOf: verbs.map((verb) => ({ required: [verb] })) });

export type StepFile = z.output<typeof step>;
export type RequestFile = z.output<typeof request>;
