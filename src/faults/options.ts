// The words that the options of faults are made of. Each schema's error completes "Expected `x` to be ...".
import { z } from "zod";
import { durationPattern, toMs } from "../time/duration.js";

const durationWords = 'a duration like "5s", "500ms" or "2m"';

/** Text in a file, milliseconds for the fault. */
export const duration = z
  .string(durationWords)
  .regex(durationPattern, { error: durationWords, abort: true })
  .transform(toMs);

const nameWords = 'a name in lower case like "alice" or "bob-2"';
const name = z.string(nameWords).regex(/^[a-z][a-z0-9-]{0,63}$/, nameWords);

export const actor = name.describe("A requester or a responder.");
export const node = name
  .optional()
  .describe("The server: one, two or three. Default: the first, or the only one.");
export const stream = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]*$/, 'the name of a stream, like "REQUESTS"')
  .default("REQUESTS");
export const between = z
  .tuple([name, name], "two names, like [bob, server]")
  .describe("The two ends of the link: an actor and `server` or a node, or two nodes.");
