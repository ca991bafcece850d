// Fault "partition": a cluster split into groups. Clients still reach every server.
import { z } from "zod";
import { noMajority } from "./evidence.js";
import { fault, type Target } from "./fault.js";
import { applyTo } from "./link.js";

const group = z.array(z.string()).min(1);

export const partition = fault({
  does: "Splits the cluster: closes or blocks the routes between the groups. `heal` restores them.",
  options: z.strictObject({
    groups: z
      .array(group)
      .min(2)
      .optional()
      .describe("The servers that still reach each other. Default: the largest minority, by name, and the others."),
    by: z.enum(["cut", "black-hole"], "cut or black-hole").default("cut"),
  }),
  needs: ["own-server", "three-nodes"],
  async inject(target, { groups = minorityFirst(target), by }) {
    const condition = by === "cut" ? ({ cut: true } as const) : ({ blackHole: true } as const);
    const pairs = groups.flatMap((one, i) =>
      groups.slice(i + 1).flatMap((other) => one.flatMap((a) => other.map((b) => [a, b] as const))),
    );
    const links = pairs.flatMap(([a, b]) => target.links(a, b));
    const what = `parts ${groups.map((names) => names.join(" and ")).join(" from ")}`;
    return { what, heal: await applyTo(links, condition), bit: noMajority };
  },
});

function minorityFirst({ nodes }: Target): string[][] {
  const names = nodes.map(({ name }) => name);
  const minority = Math.ceil(names.length / 2) - 1;
  return [names.slice(0, minority), names.slice(minority)];
}
