// Fault "half-open": one direction of a connection is lost unnoticed, as after a firewall dropped its state.
import { z } from "zod";
import { directions } from "../link/index.js";
import { standsStill } from "./evidence.js";
import { between, fault } from "./fault.js";

export const halfOpen = fault({
  does: "Drops one direction of the open connections and hides their end. New connections work. `heal` resets the broken ones.",
  options: z.strictObject({
    between,
    lost: z.enum(directions, "to-server or to-client").default("to-server").describe("The direction that is lost."),
  }),
  needs: ["own-server"],
  async inject(target, { between: [a, b], lost }) {
    const half = target.links(a, b).map((link) => link.halfOpen(lost));
    const heal = async () => half.forEach(({ end }) => void end());
    return { what: `loses what ${a} and ${b} send ${lost}, unnoticed`, heal, bit: standsStill([a, b]) };
  },
});
