// Fault "noop": nothing. It never has an effect, so a run with it alone is inconclusive.
import { z } from "zod";
import { fault } from "./fault.js";

export const noop = fault({
  does: "Does nothing. Use it as the control of an experiment, or copy it for a new fault.",
  options: z.strictObject({}),
  needs: [],
  async inject() {
    return { what: "does nothing", heal: async () => {}, bit: () => undefined };
  },
});
