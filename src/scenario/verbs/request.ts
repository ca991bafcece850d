// `request`: a requester sends a request.
import { z } from "zod";
import { toMs } from "../../time/duration.js";
import { type Path, pathText } from "../finding.js";
import { policyFits } from "../policies.js";
import { duration, name, onTimeout, subject } from "../words.js";
import { requireOwnName, requireRequester, strategyOf, type World } from "../world.js";
import { askedOf, messageKeys, nameKey, orderKeys } from "./asking.js";
import { checkLoad } from "./load.js";
import { checkMany, many, manyOf } from "./many.js";
import { defineVerb } from "./verb.js";

const schema = z
  .strictObject(
    {
      from: name.describe("The requester that sends it."),
      ...nameKey,
      ...orderKeys,
      subject: subject.optional().describe("A core NATS subject, for requesters with `reply: core`."),
      ...messageKeys,
      timeout: duration.optional().describe("How long the requester waits. Default: the requester's own."),
      on_timeout: onTimeout
        .optional()
        .describe("keep, cancel or expire: what becomes of it then. Default: the requester's own."),
      many,
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
    checkMany(file, path, world);
    if (file.id !== undefined && strategyOf(world, file.from) === "core")
      world.report([...path, "id"], "Expected no `id`: a core request (`reply: core`) has none", {
        at: "key",
      });
    if (file.on_timeout !== undefined)
      policyFits(file.on_timeout, [...path, "on_timeout"], file.from, world.draft, world.report);
    requireOwnName(file.as, path, world);
    if (file.id !== undefined) world.ids.add(file.id);
    const by = file.id === undefined ? ("request" as const) : undefined;
    if (!world.sent.has(file.as))
      world.sent.set(file.as, {
        step: path.slice(0, -1),
        from: file.from,
        by,
        several: file.many !== undefined,
      });
  },
  build({ timeout, on_timeout, order, orders, count, rate, subject, id, many, ...rest }) {
    return {
      kind: "request",
      ...rest,
      ...askedOf({ order, orders, count, rate, id }),
      ...(subject !== undefined && { subject }),
      ...(timeout !== undefined && { timeoutMs: toMs(timeout) }),
      ...(on_timeout !== undefined && { onTimeout: on_timeout }),
      ...(many !== undefined && { many: manyOf(many) }),
    };
  },
});

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
