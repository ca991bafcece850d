// The server that leads a stream stands still; the others must notice by themselves.

import { z } from "zod";
import { newLeader } from "./evidence.js";
import { fault, stream } from "./fault.js";
import { leadershipOf } from "./leader.js";

export const pauseLeader = fault({
  does:
    "Freezes the server that leads a stream (SIGSTOP) and waits for a new leader. `heal` continues it " +
    "(SIGCONT).",
  options: z.strictObject({ stream }),
  needs: ["own-server", "three-nodes"],
  async inject(target, { stream }, tell) {
    const { leader, take } = await leadershipOf(target, stream);
    const what = `freezes ${leader.name}, the leader of ${stream}`;
    tell(what);
    try {
      await take(() => leader.pause());
    } catch (error) {
      leader.resume();
      throw error;
    }
    return { what, heal: async () => leader.resume(), bit: newLeader };
  },
});
