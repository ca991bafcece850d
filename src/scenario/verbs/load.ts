// A load: many requests under one name. These are its keys of `request`.
import { z } from "zod";
import type { Path } from "../finding.js";
import type { Load } from "../model.js";
import { count, order, perSecond, rate } from "../words.js";
import { strategyOf, type World } from "../world.js";

const countWords = "a whole number from 1 to 100000";

export const loadKeys = {
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
};

interface LoadFile {
  from: string;
  order?: string | undefined;
  orders?: Record<string, number> | undefined;
  count?: number | undefined;
  rate?: string | undefined;
  id?: string | undefined;
}

export function loadOf(count: number, rate: string | undefined, orders: Record<string, number>): Load {
  return { count, orders, ...(rate !== undefined && { ratePerSecond: perSecond(rate) }) };
}

/** `rate` and `orders` are of a load, and a load is of many requests. */
export function checkLoad(file: LoadFile, path: Path, world: World): void {
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
