// Fault "reset": TCP RST of the connections of a link.
import { z } from "zod";
import { brokenConnection } from "./evidence.js";
import { between, fault } from "./fault.js";

export const reset = fault({
  does: "Resets the connections of a link (TCP RST). New connections work. Nothing to heal.",
  options: z.strictObject({ between }),
  needs: ["own-server"],
  async inject(target, { between: [a, b] }, announce) {
    const what = `resets the connections between ${a} and ${b}`;
    announce(what);
    for (const link of target.links(a, b)) link.reset();
    return { what, bit: brokenConnection([a, b]) };
  },
});
