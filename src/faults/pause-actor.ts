// Fault "pause-actor": SIGSTOP of an actor, as in a long garbage collection.
import { z } from "zod";
import { standsStill } from "./evidence.js";
import { actor, fault } from "./fault.js";

export const pauseActor = fault({
  does: "Freezes an actor's process (SIGSTOP) with its connections open. `heal` continues it (SIGCONT). The step `pause` is different: a responder stops pulling.",
  options: z.strictObject({ actor }),
  needs: [],
  async inject(target, { actor }) {
    const frozen = target.actor(actor);
    await frozen.pause();
    return { what: `freezes ${actor}`, heal: async () => frozen.resume(), bit: standsStill([actor]) };
  },
});
