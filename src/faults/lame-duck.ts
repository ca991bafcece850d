// A server is taken out of service the polite way: lame duck mode (SIGUSR2).
import { z } from "zod";
import { serverAway } from "./evidence.js";
import { fault } from "./fault.js";
import { node } from "./options.js";
import { called, nodeOf } from "./target.js";

export const lameDuck = fault({
  does: "A server asks its clients to go elsewhere and ends (lame duck mode); healed, it is started again.",
  options: z.strictObject({ node }),
  needs: ["own-server"],
  async inject(target, options) {
    const server = nodeOf(target, options.node);
    await server.lameDuck();
    return { what: `retires ${called(server)}`, heal: () => server.restart(), bit: serverAway };
  },
});
