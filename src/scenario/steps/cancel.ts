// Step `cancel`: a requester cancels its request.
import { name } from "../fields.js";
import { requireRequested, requireRequester, requireStored } from "../timeline-state.js";
import { defineStep } from "./step.js";

export const cancel = defineStep({
  schema: name.describe("The requester of this request cancels it, even if its call has ended."),
  validate(alias, path, state) {
    if (!requireRequested(state, path, alias) || !requireStored(state, path, alias)) return;
    const from = state.sent.get(alias)?.from;
    if (from !== undefined && state.parts.requesters.has(from)) requireRequester(state, path, from);
  },
  build(request, { senders }) {
    const by = senders.get(request);
    if (by === undefined) throw new Error("a cancel without a request passed validation");
    return { kind: "cancel", request, by };
  },
});
