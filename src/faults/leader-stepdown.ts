// A stream's leader steps down, as operators make it do before maintenance.

import { z } from "zod";
import { newLeader } from "./evidence.js";
import { fault, stream } from "./fault.js";
import { leadershipOf } from "./leader.js";

export const leaderStepdown = fault({
  does:
    "Asks the leader of a stream to step down ($JS.API.STREAM.LEADER.STEPDOWN); another is elected. " +
    "Nothing to heal.",
  options: z.strictObject({ stream }),
  needs: ["own-server", "three-nodes"],
  async inject(target, { stream }, tell) {
    const { leader, take } = await leadershipOf(target, stream);
    const nc = await target.connection();
    const what = `makes ${leader.name} step down as the leader of ${stream}`;
    tell(what);
    await take(async () => {
      const answer = await nc.request(`$JS.API.STREAM.LEADER.STEPDOWN.${stream}`);
      const { error } = answer.json<{ error?: { description: string } }>();
      if (error) throw new Error(`The leader of ${stream} did not step down: ${error.description}.`);
    });
    return { what, bit: newLeader };
  },
});
