// `cancel`: a requester takes its request back.
import { quoted } from "../diagnostic.js";
import { name } from "../fields.js";
import { requireRequested, requireRequester, strategyOf } from "../timeline-state.js";
import { defineVerb } from "./step.js";

export const cancel = defineVerb({
  schema: name.describe(
    "The requester that sent this request cancels it, whether or not it still waits for the reply.",
  ),
  walk(alias, path, world) {
    if (!requireRequested(world, path, alias)) return;
    const from = world.sent.get(alias)?.from;
    if (strategyOf(world, from) === "core")
      world.report(path, `Expected a request that is stored, got ${quoted(alias)}: it has \`reply: core\``);
    else if (from !== undefined && world.draft.requesters.has(from)) requireRequester(world, path, from);
  },
  build(request, { senders }) {
    const by = senders.get(request);
    if (by === undefined) throw new Error("a cancel without a request passed validation");
    return { kind: "cancel", request, by };
  },
});
