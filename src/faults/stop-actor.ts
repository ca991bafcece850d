// Fault "stop-actor": an actor that ends in good order.
import { z } from "zod";
import { endedActor } from "./evidence.js";
import { actor, fault } from "./fault.js";

export const stopActor = fault({
  does: "Stops an actor (SIGTERM). A later `start` starts it again.",
  options: z.strictObject({ actor }),
  needs: [],
  async inject(target, { actor }) {
    await target.actor(actor).stop();
    return { what: `stops ${actor}`, bit: endedActor(actor) };
  },
});
