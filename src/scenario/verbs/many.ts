// `many`: a request that asks for several replies. These are its keys, and where they fit.
import { z } from "zod";
import { toMs } from "../../time/duration.js";
import type { Path } from "../finding.js";
import type { Many } from "../model.js";
import { count, duration, text } from "../words.js";
import { strategyOf, type World } from "../world.js";

const maximumWords = "a whole number, 1 or more";

const limits = z.strictObject(
  {
    stall: duration
      .optional()
      .describe(
        "The longest pause between two replies; the first may take all of `timeout`. Default: no limit.",
      ),
    maximum: count(1, maximumWords)
      .optional()
      .describe("Most replies, the last one included; then it takes no more. Default: no limit."),
    sentinel: text
      .optional()
      .describe('Of `reply: core`: the answer that is the end mark, "" for an empty one. It is not counted.'),
  },
  "a mapping like { stall: 1s, maximum: 3 }",
);

export const many = z
  .union([z.literal(true), limits], "true or a mapping like { stall: 1s, maximum: 3 }")
  .optional()
  .describe(
    "Asks for several replies: the parts in order, and the last one, which ends them (ADR-47: request-many). With " +
      "`reply: core` the answers of everybody who listens; none is the last one, so that a limit ends them. Default: " +
      "one reply, which is the last one.",
  );

type ManyFile = z.output<typeof many>;

export function manyOf(file: NonNullable<ManyFile>): Many {
  const { stall, maximum, sentinel } = file === true ? {} : file;
  return {
    ...(stall !== undefined && { stallMs: toMs(stall) }),
    ...(maximum !== undefined && { maximum }),
    ...(sentinel !== undefined && { sentinel }),
  };
}

/** As the requester would say it: not every strategy carries parts. `path` ends in the verb. */
export function checkMany(file: { from: string; many?: ManyFile }, path: Path, world: World): void {
  const { from, many } = file;
  const strategy = strategyOf(world, from);
  if (many === undefined || strategy === undefined) return;
  if (!["mailbox", "inbox", "core"].includes(strategy))
    world.report(
      [...path, "many"],
      `Expected one reply to a request of ${from}: \`reply: ${strategy}\` carries no parts`,
      { at: "key", hint: "use `reply: mailbox`, `inbox` or `core` for several" },
    );
  else if (strategy !== "core" && many !== true && many.sentinel !== undefined)
    world.report([...path, "many", "sentinel"], "Expected `sentinel` only with `reply: core`", {
      at: "key",
      hint: "the last reply says itself that it is the last",
    });
}
