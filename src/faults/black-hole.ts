// Fault "black-hole": a link that passes nothing, with its connections open.
import { z } from "zod";
import { standsStill } from "./evidence.js";
import { between, fault } from "./fault.js";
import { applyCondition } from "./link.js";

export const blackHole = fault({
  does: "Blocks all data on a link. Connections stay open, and new ones are accepted. After `heal` the held data arrives.",
  options: z.strictObject({ between }),
  needs: ["own-server"],
  inject: (target, { between }) =>
    applyCondition(target, between, { blackHole: true }, "swallows what passes", standsStill(between)),
});
