// Step `send`: a requester sends a request without a wait for its reply.
import { z } from "zod";
import { type Path, pathText, quoted } from "../diagnostic.js";
import { duration, name, optionalMs } from "../fields.js";
import { addId, addSent, requireRequester, strategyOf, type TimelineState } from "../timeline-state.js";
import { checkLoad, messageKeys, nameKey, orderKeys, orderOf } from "./request.js";
import { defineStep } from "./step.js";

const schema = z
  .strictObject(
    {
      from: name.describe("The requester that sends it, with `reply: mailbox`."),
      ...nameKey,
      ...orderKeys,
      ...messageKeys,
      delay: duration
        .optional()
        .describe("The server puts the request into the queue so much later (nats-server 2.12). Default: at once."),
    },
    "a mapping like { from: alice, order: order-sandwich, as: lunch }",
  )
  .describe(
    "A requester sends a request and does not wait for its reply. The outcome is `stored` after the PubAck. " +
      "`collect` reads the reply.",
  );

export const send = defineStep({
  schema,
  validate(file, path, state) {
    const { from, as, id, order, orders } = file;
    requireRequester(state, [...path, "from"], from);
    if (order === undefined && orders === undefined)
      state.report(path, `Expected \`${pathText(path)}\` to have an order`);
    if (keepsReplies(from, path, state)) checkLoad(file, path, state);
    addSent(as, { from, by: id === undefined ? "send" : undefined }, path, state);
    addId(id, from, path, state);
  },
  build({ order, orders, count, rate, id, delay, ...rest }) {
    return { kind: "send", ...rest, delayMs: optionalMs(delay), ...orderOf({ order, orders, count, rate, id }) };
  },
});

/** Without a wait, a reply has to be stored under its requester's name, or it is lost. */
function keepsReplies(from: string, path: Path, state: TimelineState): boolean {
  const strategy = strategyOf(state, from);
  if (strategy !== undefined && strategy !== "mailbox") {
    state.report(
      [...path, "from"],
      `Expected a requester with \`reply: mailbox\`, got ${quoted(from)}: it has \`reply: ${strategy}\``,
      { hint: "the reply to a `send` is stored in a mailbox, until it is collected" },
    );
    return false;
  }
  if (strategy !== undefined && state.parts.setup === "none")
    state.report(path, "Expected streams for a request that is stored, but the file says `setup: none`");
  return true;
}
