// Fault "pause-server": SIGSTOP of a server. To its clients it looks like a slow one.
import { z } from "zod";
import { advisory, anyOf, standsStill } from "./evidence.js";
import { fault, labelOf, node, nodeOf } from "./fault.js";

export const pauseServer = fault({
  does: "Freezes a server (SIGSTOP) with its connections open. `heal` continues it (SIGCONT).",
  options: z.strictObject({ node }),
  needs: ["own-server"],
  async inject(target, options) {
    const server = nodeOf(target, options.node);
    await server.pause();
    return {
      what: `freezes ${labelOf(server)}`,
      heal: async () => server.resume(),
      bit: anyOf(standsStill(), advisory),
    };
  },
});
