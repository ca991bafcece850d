// The server that leads a stream crashes.

import { z } from "zod";
import { newLeader } from "./evidence.js";
import { fault, stream } from "./fault.js";
import { leadershipOf } from "./leader.js";

export const killLeader = fault({
  does:
    "Kills the server that leads a stream (SIGKILL) and waits for a new leader. `heal` starts the server " +
    "again.",
  options: z.strictObject({ stream }),
  needs: ["own-server", "three-nodes"],
  async inject(target, { stream }, tell) {
    const { leader, take } = await leadershipOf(target, stream);
    const what = `kills ${leader.name}, the leader of ${stream}`;
    tell(what);
    try {
      await take(() => leader.kill());
    } catch (error) {
      await leader.restart();
      throw error;
    }
    return { what, heal: () => leader.restart(), bit: newLeader };
  },
});
