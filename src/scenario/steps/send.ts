// `send`: a requester sends a request and waits for no reply.

import { z } from "zod";
import { type Path, pathText, quoted } from "../diagnostic.js";
import { name } from "../fields.js";
import { requireOwnName, requireRequester, strategyOf, type World } from "../timeline-state.js";
import { askedOf, checkLoad, messageKeys, nameKey, orderKeys } from "./request.js";
import { defineVerb } from "./step.js";

const schema = z
  .strictObject(
    {
      from: name.describe("The requester that sends it, with `reply: mailbox`."),
      ...nameKey,
      ...orderKeys,
      ...messageKeys,
    },
    "a mapping like { from: alice, order: order-sandwich, as: lunch }",
  )
  .describe(
    "A requester sends a request and waits for no reply: it is `stored` as soon as the stream has it, and its reply is " +
      "there for a `collect`.",
  );

type SendFile = z.output<typeof schema>;

export const send = defineVerb({
  schema,
  walk(file, path, world) {
    const { from, as } = file;
    requireRequester(world, [...path, "from"], from);
    checkOrder(file, path, world);
    if (keepsReplies(from, path, world)) checkLoad(file, path, world);
    requireOwnName(as, path, world);
    if (file.id !== undefined) world.ids.add(file.id);
    if (!world.sent.has(as))
      world.sent.set(as, { step: path.slice(0, -1), from, by: file.id === undefined ? "send" : undefined });
  },
  build({ order, orders, count, rate, id, ...rest }) {
    return { kind: "send", ...rest, ...askedOf({ order, orders, count, rate, id }) };
  },
});

function checkOrder({ order, orders }: SendFile, path: Path, world: World): void {
  if (order === undefined && orders === undefined)
    world.report(path, `Expected \`${pathText(path)}\` to have an order`);
}

/** Where nobody waits, a reply has to be stored under its requester's name, or it is lost. */
function keepsReplies(from: string, path: Path, world: World): boolean {
  const strategy = strategyOf(world, from);
  if (strategy !== undefined && strategy !== "mailbox") {
    world.report(
      [...path, "from"],
      `Expected a requester with \`reply: mailbox\`, got ${quoted(from)}: it has \`reply: ${strategy}\``,
      { hint: "the reply to what nobody waits for is stored in a mailbox, until it is collected" },
    );
    return false;
  }
  if (strategy !== undefined && world.draft.setup === "none")
    world.report(path, "Expected streams for a request that is stored, but the file says `setup: none`");
  return true;
}
