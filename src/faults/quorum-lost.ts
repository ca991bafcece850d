// Fault "quorum-lost": too few servers are left to decide anything: one of three, two of five.
import { z } from "zod";
import { noMajority } from "./evidence.js";
import { fault, managerOf, node, nodeOf, stream, type Target } from "./fault.js";

export const quorumLost = fault({
  does: "Freezes or kills a majority of the servers (two of three), so that the cluster cannot store a message. `heal` restores them.",
  options: z.strictObject({
    keep: node.describe("The server that keeps running. Default: the leader of `stream`."),
    stream,
    by: z.enum(["pause", "kill"], "pause or kill").default("pause"),
  }),
  needs: ["own-server", "three-nodes"],
  async inject(target, { keep, stream, by }) {
    const stays = nodeOf(target, keep ?? (await leaderOf(target, stream)));
    const others = target.nodes.filter((node) => node !== stays);
    const away = others.slice(0, Math.ceil(target.nodes.length / 2));
    const left = target.nodes.filter((node) => !away.includes(node)).map(({ name }) => name);
    const alone = left.length > 1 ? `${left.join(" and ")} are left` : `${stays.name} is alone`;
    const names = away.map(({ name }) => name).join(" and ");
    if (by === "pause") {
      await Promise.all(away.map((node) => node.pause()));
      const heal = async () => away.forEach((node) => void node.resume());
      return { what: `freezes ${names}: ${alone}`, heal, bit: noMajority };
    }
    await Promise.all(away.map((node) => node.kill()));
    const heal = async () => void (await Promise.all(away.map((node) => node.restart())));
    return { what: `kills ${names}: ${alone}`, heal, bit: noMajority };
  },
});

/** The leader stays: for some seconds it still acts as one, and neither stores nor refuses a message. */
async function leaderOf(target: Target, stream: string): Promise<string | undefined> {
  return (await (await managerOf(target)).streams.info(stream)).cluster?.leader;
}
