// Fault "cut": a link that closes its connections and refuses new ones.
import { z } from "zod";
import { advisory, anyOf, brokenConnection } from "./evidence.js";
import { between, fault } from "./fault.js";
import { applyCondition } from "./link.js";

export const cut = fault({
  does: "Closes the connections of a link and refuses new ones. After `heal` the link accepts connections.",
  options: z.strictObject({ between }),
  needs: ["own-server"],
  inject: (target, { between }) =>
    applyCondition(target, between, { cut: true }, "cuts the link", anyOf(brokenConnection(between), advisory)),
});
