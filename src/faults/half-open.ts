// A connection of which one side believes that it stands: what it sends is lost, as after a firewall forgot it.

import { z } from "zod";
import { directions } from "../link/index.js";
import { standsStill } from "./evidence.js";
import { between, fault } from "./fault.js";

export const halfOpen = fault({
  does: "Loses one direction of the present connections and hides their end; later ones are sound. Healed, they are reset.",
  options: z.strictObject({
    between,
    lost: z.enum(directions, "to-server or to-client").default("to-server").describe("What is lost."),
  }),
  needs: ["own-server"],
  async inject(target, { between: [a, b], lost }) {
    const half = target.links(a, b).map((link) => link.halfOpen(lost));
    const heal = async () => half.forEach(({ end }) => void end());
    return { what: `loses what ${a} and ${b} send ${lost}, unnoticed`, heal, bit: standsStill([a, b]) };
  },
});
