// Step `collect`: a requester reads the stored reply to an earlier request.
import { z } from "zod";
import { quoted } from "../diagnostic.js";
import { duration, name, optionalMs } from "../fields.js";
import { requireRequested, requireRequester, strategyOf } from "../timeline-state.js";
import { defineStep } from "./step.js";

const mapping = z.strictObject(
  {
    request: name.describe("The name of the earlier request."),
    by: name.optional().describe("The requester that reads. Default: the requester that sent the request."),
    timeout: duration.optional().describe("The time to wait for the reply."),
  },
  "a mapping",
);

export const collect = defineStep({
  schema: z
    .union([name, mapping], 'a request\'s name like "lunch", or a mapping like { request: lunch, by: alice }')
    .describe("A requester reads the stored reply of an earlier request."),
  validate(file, path, state) {
    const short = typeof file === "string";
    const alias = short ? file : file.request;
    const at = short ? path : [...path, "request"];
    if (!requireRequested(state, at, alias)) return;
    const from = state.sent.get(alias)?.from;
    if (strategyOf(state, from) === "core")
      state.report(
        at,
        `Expected a request whose reply can be looked for, got ${quoted(alias)}: \`reply: core\` stores nothing`,
      );
    const by = (short ? undefined : file.by) ?? from;
    if (by === undefined) return;
    const named = !short && file.by !== undefined;
    if (named || state.parts.requesters.has(by)) requireRequester(state, named ? [...path, "by"] : at, by);
    if (named && strategyOf(state, by) === "core")
      state.report(
        [...path, "by"],
        `Expected a requester that can look for replies, got ${quoted(by)}: it has \`reply: core\``,
      );
  },
  build(file, { senders }) {
    const { request, timeout, ...given } = typeof file === "string" ? { request: file } : file;
    const by = given.by ?? senders.get(request);
    if (by === undefined) throw new Error("a collect without a request passed validation");
    return { kind: "collect", request, by, timeoutMs: optionalMs(timeout) };
  },
});
