// `request`: a requester sends a request.
import { z } from "zod";
import { toMs } from "../../time/duration.js";
import { actorNames } from "../cast.js";
import { type Path, pathText, quoted } from "../finding.js";
import type { Load } from "../model.js";
import { policyFits } from "../policies.js";
import {
  count,
  duration,
  name,
  onTimeout,
  order,
  perSecond,
  rate,
  requestId,
  subject,
  text,
} from "../words.js";
import { requireRequester, strategyOf, type World } from "../world.js";
import { defineVerb } from "./verb.js";

const countWords = "a whole number from 1 to 100000";

const schema = z
  .strictObject(
    {
      from: name.describe("The requester that sends it."),
      as: name.describe("What the rest of the file calls this request."),
      order: order.optional().describe("What is asked for: the last token of `requests.<order>`."),
      orders: z
        .record(order, count(1, "a weight: a whole number, 1 or more"), "a mapping like { order-bagel: 3 }")
        .refine((all) => Object.keys(all).length > 0, "a mapping like { order-bagel: 3 }")
        .optional()
        .describe("Of a load: orders and their weights, drawn at random from the run's seed."),
      count: count(1, countWords)
        .max(100_000, countWords)
        .optional()
        .describe("Sends so many requests, all by this name: a load. Default: one."),
      rate: rate
        .optional()
        .describe(
          "Of a load: requests per second or minute, sent when they are due, however slow the replies are (open " +
            "loop); times are measured from the moment each was due. Default: all at once.",
        ),
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
  )
  .describe("A requester sends a request. The next step does not wait for the reply.");

type RequestFile = z.output<typeof schema>;

export const request = defineVerb({
  schema,
  walk(file, path, world) {
    requireRequester(world, [...path, "from"], file.from);
    checkTarget(file, path, world);
    checkLoad(file, path, world);
    if (file.id !== undefined && strategyOf(world, file.from) === "core")
      world.report([...path, "id"], "Expected no `id`: a core request (`reply: core`) has none", {
        at: "key",
      });
    if (file.on_timeout !== undefined)
      policyFits(file.on_timeout, [...path, "on_timeout"], file.from, world.draft, world.report);
    ownName(file.as, path, world);
    if (!world.sent.has(file.as)) world.sent.set(file.as, { step: path.slice(0, -1), from: file.from });
  },
  build({ timeout, on_timeout, order, orders, count, rate, subject, id, ...rest }) {
    return {
      kind: "request",
      ...rest,
      ...(id !== undefined && { id }),
      ...(order !== undefined && { order }),
      ...(count !== undefined && { load: loadOf(count, rate, orders ?? { [order as string]: 1 }) }),
      ...(subject !== undefined && { subject }),
      ...(timeout !== undefined && { timeoutMs: toMs(timeout) }),
      ...(on_timeout !== undefined && { onTimeout: on_timeout }),
    };
  },
});

function loadOf(count: number, rate: string | undefined, orders: Record<string, number>): Load {
  return { count, orders, ...(rate !== undefined && { ratePerSecond: perSecond(rate) }) };
}

/** `rate` and `orders` are of a load, and a load is of many requests. */
function checkLoad(file: RequestFile, path: Path, world: World): void {
  if (file.count === undefined) {
    for (const key of ["rate", "orders"] as const)
      if (file[key] !== undefined)
        world.report([...path, key], `Expected \`count\` next to \`${key}\`: one request is no load`, {
          at: "key",
        });
    return;
  }
  if (file.orders !== undefined && file.order !== undefined)
    world.report([...path, "orders"], "Expected `order` or `orders`, got both", { at: "key" });
  if (file.id !== undefined)
    world.report([...path, "id"], "Expected no `id`: the requests of a load have one each", { at: "key" });
  if (strategyOf(world, file.from) === "core")
    world.report(
      [...path, "count"],
      "Expected a requester whose requests are stored: a load is not for `reply: core`",
      {
        at: "key",
      },
    );
}

function ownName(alias: string, path: Path, world: World): void {
  const earlier = world.sent.get(alias)?.step;
  const step = pathText(path.slice(0, -1));
  const actor = actorNames(world.draft).includes(alias) ? "an actor has it" : undefined;
  // A step that is repeated sends the same request again: all of them go by one name.
  const owner = earlier && pathText(earlier) !== step ? `\`${pathText(earlier)}\` has it` : actor;
  if (owner)
    world.report(
      [...path, "as"],
      `Expected a name of its own for the request, got ${quoted(alias)}: ${owner}`,
    );
}

/** An order goes through the streams, a subject to whoever listens. */
function checkTarget(file: RequestFile, path: Path, world: World): void {
  const { from, order, subject } = file;
  const where = `\`${pathText(path)}\``;
  const strategy = strategyOf(world, from);
  if (order !== undefined && subject !== undefined)
    world.report([...path, "subject"], `Expected ${where} to have an order or a subject, got both`, {
      at: "key",
    });
  else if (order === undefined && subject === undefined && file.orders === undefined)
    world.report(path, `Expected ${where} to have an order (or, for \`reply: core\`, a subject)`);
  else if (strategy === undefined || strategy === "core") return;
  else if (subject !== undefined)
    world.report(
      [...path, "subject"],
      `Expected an \`order\`, got a subject: only a requester with \`reply: core\` can use one`,
      { at: "key", hint: `${from} has \`reply: ${strategy}\`` },
    );
  else if (world.draft.setup === "none")
    world.report(
      [...path, "order"],
      `Expected streams for \`reply: ${strategy}\`, but the file says \`setup: none\``,
    );
}
