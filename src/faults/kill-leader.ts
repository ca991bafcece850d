// Fault "kill-leader": SIGKILL of the server that leads a stream.
import { z } from "zod";
import { fault, stream } from "./fault.js";
import { injectOnLeader } from "./leader.js";

export const killLeader = fault({
  does: "Kills the server that leads a stream (SIGKILL) and waits for a new leader. `heal` starts the server again.",
  options: z.strictObject({ stream }),
  needs: ["own-server", "three-nodes"],
  inject: (target, { stream }, announce) =>
    injectOnLeader(target, stream, announce, {
      what: (leader) => `kills ${leader}, the leader of ${stream}`,
      remove: (leader) => leader.kill(),
      restore: (leader) => leader.restart(),
    }),
});
