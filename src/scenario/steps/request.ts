// Step `request`: a requester sends a request and waits for its reply.
import { z } from "zod";
import { type Path, pathText } from "../diagnostic.js";
import {
  count,
  duration,
  name,
  onTimeout,
  optionalMs,
  order,
  perSecond,
  rate,
  requestId,
  subject,
  text,
} from "../fields.js";
import type { Many, RequestStep } from "../model.js";
import { addId, addSent, policyFits, requireRequester, strategyOf, type TimelineState } from "../timeline-state.js";
import { defineStep } from "./step.js";

// A load: many requests under one name.

const countText = "a whole number from 1 to 100000";

const loadKeys = {
  orders: z
    .record(order, count(1, "a weight: a whole number, 1 or more"), "a mapping like { order-bagel: 3 }")
    .refine((all) => Object.keys(all).length > 0, "a mapping like { order-bagel: 3 }")
    .optional()
    .describe("For a load: orders and their weights, drawn at random from the run's seed."),
  count: count(1, countText)
    .max(100_000, countText)
    .optional()
    .describe("The number of requests with this name. More than one is a load. Default: 1."),
  rate: rate
    .optional()
    .describe(
      "For a load: requests per second or minute. Each is sent when it is due, even if replies are slow (open loop). " +
        "Times count from the due time. Default: all at once.",
    ),
};

/** `rate` and `orders` are of a load, and a load is of many requests. */
export function checkLoad(file: OrderFile & { from: string }, path: Path, state: TimelineState): void {
  if (file.count === undefined) {
    for (const key of ["rate", "orders"] as const)
      if (file[key] !== undefined)
        state.report([...path, key], `Expected \`count\` next to \`${key}\`: one request is no load`, { at: "key" });
    return;
  }
  if (file.orders !== undefined && file.order !== undefined)
    state.report([...path, "orders"], "Expected `order` or `orders`, got both", { at: "key" });
  if (file.id !== undefined)
    state.report([...path, "id"], "Expected no `id`: the requests of a load have one each", { at: "key" });
  if (strategyOf(state, file.from) === "core")
    state.report(
      [...path, "count"],
      "Expected a requester whose requests are stored: a load is not for `reply: core`",
      { at: "key" },
    );
}

// Keys that `request` and `send` share.

export const nameKey = { as: name.describe("The name of this request in the rest of the file.") };

export const orderKeys = {
  order: order.optional().describe("The order: the last token of `requests.<order>`."),
  ...loadKeys,
};

export const messageKeys = {
  payload: text.default("").describe("The payload of the request."),
  id: requestId
    .optional()
    .describe("The request id. A second request with the same id is the same request. Default: a new id."),
};

type OrderFile = z.output<z.ZodObject<typeof orderKeys & Pick<typeof messageKeys, "id">>>;

export function orderOf({ order, orders, count, rate, id }: OrderFile): Pick<RequestStep, "id" | "order" | "load"> {
  const ratePerSecond = rate === undefined ? undefined : perSecond(rate);
  const load = count === undefined ? undefined : { count, ratePerSecond, orders: orders ?? { [order as string]: 1 } };
  return { id, order, load };
}

// `many`: a request that asks for several replies.

const maximumText = "a whole number, 1 or more";

const limits = z.strictObject(
  {
    stall: duration
      .optional()
      .describe(
        "The longest pause between two replies. The first reply may take the whole `timeout`. Default: no limit.",
      ),
    maximum: count(1, maximumText)
      .optional()
      .describe("The largest number of replies, the last one included. Default: no limit."),
    sentinel: text
      .optional()
      .describe(
        'With `reply: core`: the payload of the end mark, "" for an empty one. The end mark does not count as a reply.',
      ),
  },
  "a mapping like { stall: 1s, maximum: 3 }",
);

const many = z
  .union([z.literal(true), limits], "true or a mapping like { stall: 1s, maximum: 3 }")
  .optional()
  .describe(
    "Receives several replies: the parts in order, then the last one (ADR-47: request-many). With `reply: core` it " +
      "receives the answers of every subscriber. None of them is the last one, so a limit ends the request. Default: " +
      "the last reply only.",
  );

type ManyFile = z.output<typeof many>;

function manyOf(file: NonNullable<ManyFile>): Many {
  const { stall, maximum, sentinel } = file === true ? {} : file;
  return { stallMs: optionalMs(stall), maximum, sentinel };
}

/** Not every strategy carries parts. `path` ends in the step's kind. */
function checkMany(file: { from: string; many?: ManyFile }, path: Path, state: TimelineState): void {
  const { from, many } = file;
  const strategy = strategyOf(state, from);
  if (many === undefined || strategy === undefined) return;
  if (!["mailbox", "inbox", "core"].includes(strategy))
    state.report(
      [...path, "many"],
      `Expected one reply to a request of ${from}: \`reply: ${strategy}\` carries no parts`,
      { at: "key", hint: "use `reply: mailbox`, `inbox` or `core` for several" },
    );
  else if (strategy !== "core" && many !== true && many.sentinel !== undefined)
    state.report([...path, "many", "sentinel"], "Expected `sentinel` only with `reply: core`", {
      at: "key",
      hint: "the last reply says itself that it is the last",
    });
}

const schema = z
  .strictObject(
    {
      from: name.describe("The requester that sends it."),
      ...nameKey,
      ...orderKeys,
      subject: subject.optional().describe("A core NATS subject, for requesters with `reply: core`."),
      ...messageKeys,
      timeout: duration.optional().describe("The time to wait for the reply. Default: the `timeout` of the requester."),
      on_timeout: onTimeout
        .optional()
        .describe("The policy after a time-out: keep, cancel or expire. Default: the `on_timeout` of the requester."),
      many,
    },
    "a mapping like { from: alice, order: order-sandwich, as: lunch }",
  )
  .describe("A requester sends a request. The next step does not wait for the reply.");

type RequestFile = z.output<typeof schema>;

export const request = defineStep({
  schema,
  validate(file, path, state) {
    requireRequester(state, [...path, "from"], file.from);
    checkTarget(file, path, state);
    checkLoad(file, path, state);
    checkMany(file, path, state);
    if (file.id !== undefined && strategyOf(state, file.from) === "core")
      state.report([...path, "id"], "Expected no `id`: a core request (`reply: core`) has none", { at: "key" });
    if (file.on_timeout !== undefined)
      policyFits(file.on_timeout, [...path, "on_timeout"], file.from, state.parts, state.report);
    const { id, from, many } = file;
    addSent(file.as, { from, by: id === undefined ? "request" : undefined, several: many !== undefined }, path, state);
    addId(id, from, path, state);
  },
  build({ timeout, on_timeout, order, orders, count, rate, subject, id, many, ...rest }) {
    return {
      kind: "request",
      ...rest,
      ...orderOf({ order, orders, count, rate, id }),
      subject,
      timeoutMs: optionalMs(timeout),
      onTimeout: on_timeout,
      many: many && manyOf(many),
    };
  },
});

/** An order goes through the streams, a subject to its subscribers. */
function checkTarget(file: RequestFile, path: Path, state: TimelineState): void {
  const { from, order, subject } = file;
  const where = `\`${pathText(path)}\``;
  const strategy = strategyOf(state, from);
  if (order !== undefined && subject !== undefined)
    state.report([...path, "subject"], `Expected ${where} to have an order or a subject, got both`, { at: "key" });
  else if (order === undefined && subject === undefined && file.orders === undefined)
    state.report(path, `Expected ${where} to have an order (or, for \`reply: core\`, a subject)`);
  else if (strategy === undefined || strategy === "core") return;
  else if (subject !== undefined)
    state.report(
      [...path, "subject"],
      `Expected an \`order\`, got a subject: only a requester with \`reply: core\` can use one`,
      { at: "key", hint: `${from} has \`reply: ${strategy}\`` },
    );
  else if (state.parts.setup === "none")
    state.report([...path, "order"], `Expected streams for \`reply: ${strategy}\`, but the file says \`setup: none\``);
}
