// Fault "pause-leader": SIGSTOP of the server that leads a stream.
import { z } from "zod";
import { fault, stream } from "./fault.js";
import { injectOnLeader } from "./leader.js";

export const pauseLeader = fault({
  does: "Freezes the server that leads a stream (SIGSTOP) and waits for a new leader. `heal` continues it (SIGCONT).",
  options: z.strictObject({ stream }),
  needs: ["own-server", "three-nodes"],
  inject: (target, { stream }, announce) =>
    injectOnLeader(target, stream, announce, {
      what: (leader) => `freezes ${leader}, the leader of ${stream}`,
      remove: (leader) => leader.pause(),
      restore: async (leader) => leader.resume(),
    }),
});
