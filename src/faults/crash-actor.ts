// Fault "crash-actor": SIGKILL of an actor.
import { z } from "zod";
import { endedActor } from "./evidence.js";
import { actor, fault } from "./fault.js";

export const crashActor = fault({
  does: "Kills an actor's process (SIGKILL). A later `start` starts it again.",
  options: z.strictObject({ actor }),
  needs: [],
  async inject(target, { actor }) {
    await target.actor(actor).crash();
    return { what: `kills ${actor}`, bit: endedActor(actor) };
  },
});
