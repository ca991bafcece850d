// Fault "leader-stepdown": the leader of a stream steps down, as before maintenance.
import { z } from "zod";
import { fault, stream } from "./fault.js";
import { injectOnLeader } from "./leader.js";

export const leaderStepdown = fault({
  does: "Asks the leader of a stream to step down ($JS.API.STREAM.LEADER.STEPDOWN); another is elected. Nothing to heal.",
  options: z.strictObject({ stream }),
  needs: ["own-server", "three-nodes"],
  inject: (target, { stream }, announce) =>
    injectOnLeader(target, stream, announce, {
      what: (leader) => `makes ${leader} step down as the leader of ${stream}`,
      remove: async () => {
        const nc = await target.connection();
        const answer = await nc.request(`$JS.API.STREAM.LEADER.STEPDOWN.${stream}`);
        const { error } = answer.json<{ error?: { description: string } }>();
        if (error) throw new Error(`The leader of ${stream} did not step down: ${error.description}.`);
      },
    }),
});
