// Two of three servers are away: the one that is left may not decide anything.
import { z } from "zod";
import { serverAway } from "./evidence.js";
import { fault } from "./fault.js";
import { nodeOf } from "./target.js";

export const quorumLost = fault({
  does: "Freezes or kills two of three servers, so that nothing can be stored; healed, they are back.",
  options: z.strictObject({
    keep: z.string().default("one").describe("The server that stays."),
    by: z.enum(["pause", "kill"], "pause or kill").default("pause"),
  }),
  needs: ["own-server", "three-nodes"],
  async inject(target, { keep, by }) {
    const stays = nodeOf(target, keep);
    const away = target.nodes.filter((node) => node !== stays);
    const names = away.map(({ name }) => name).join(" and ");
    if (by === "pause") {
      await Promise.all(away.map((node) => node.pause()));
      const heal = async () => away.forEach((node) => void node.resume());
      return { what: `freezes ${names}: ${keep} is alone`, heal, bit: serverAway };
    }
    await Promise.all(away.map((node) => node.kill()));
    const heal = async () => void (await Promise.all(away.map((node) => node.restart())));
    return { what: `kills ${names}: ${keep} is alone`, heal, bit: serverAway };
  },
});
