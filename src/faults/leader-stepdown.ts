// Fault "leader-stepdown": the leader of a stream steps down, as before maintenance.
import { z } from "zod";
import { until } from "../common/until.js";
import { fault, nodeName, stream, type Target } from "./fault.js";
import { claimedLeader, injectOnLeader } from "./leader.js";

export const leaderStepdown = fault({
  does: "Asks the leader of a stream to step down ($JS.API.STREAM.LEADER.STEPDOWN); another is elected. Nothing to heal.",
  options: z.strictObject({
    stream,
    to: nodeName.optional().describe("The next leader (nats-server 2.11). Default: any other server."),
  }),
  needs: ["own-server", "three-nodes"],
  async inject(target, { stream, to }, announce) {
    // The servers refuse to elect the leader that there is.
    if (to !== undefined && (await claimedLeader(target, stream)).leader.name === to)
      return { what: `finds that ${to} leads ${stream} already`, bit: () => `${stream} is led by ${to}` };
    return injectOnLeader(target, stream, announce, {
      next: to,
      what: (leader) => `makes ${leader} step down as the leader of ${stream}${to ? ` for ${to}` : ""}`,
      remove: () => stepDown(target, stream, to),
    });
  },
});

const pollMs = 50;
const acceptMs = 10_000;
/** As after an election: the wanted leader is not current yet, or no server knows of a leader. */
const unavailable = 503;

/** @throws if the servers refuse it, also while they are not available for it. */
async function stepDown(target: Target, stream: string, to?: string): Promise<void> {
  const nc = await target.connection();
  const wish = to === undefined ? "" : JSON.stringify({ placement: { preferred: to } });
  const refusal = (why = "") => new Error(`The leader of ${stream} did not step down: ${why}.`);
  const ask = async () => {
    const answer = await nc.request(`$JS.API.STREAM.LEADER.STEPDOWN.${stream}`, wish);
    const { error } = answer.json<{ error?: { code: number; description: string } }>();
    if (error?.code === unavailable) throw refusal(error.description);
    return error ? refusal(error.description) : true;
  };
  const late = `The leader of ${stream} did not step down`;
  const done = await until(ask, { everyMs: pollMs, withinMs: acceptMs, late });
  if (done instanceof Error) throw done;
}
