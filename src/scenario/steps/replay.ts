// Step `replay`: the laboratory replays a dead letter, as `jsrr dead-letters replay` does.
import { z } from "zod";
import { name } from "../fields.js";
import { requireSent, requireStored } from "../timeline-state.js";
import { defineStep } from "./step.js";

const mapping = z.strictObject({ request: name.describe("The name of the dead-lettered request.") }, "a mapping");

export const replay = defineStep({
  schema: z
    .union([name, mapping], 'a request\'s name like "lunch", or a mapping like { request: lunch }')
    .describe(
      "Replays a dead letter. The reply goes to the mailbox of the first request. Wait for the dead letter with " +
        "`after: lunch.terminated`.",
    ),
  validate(file, path, state) {
    const short = typeof file === "string";
    const alias = short ? file : file.request;
    const at = short ? path : [...path, "request"];
    if (requireSent(state, at, alias)) requireStored(state, at, alias);
  },
  build: (file) => ({ kind: "replay", request: typeof file === "string" ? file : file.request }),
});
