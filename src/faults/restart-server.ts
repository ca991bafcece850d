// Fault "restart-server": a server that is stopped and started again, as in an upgrade.
import { z } from "zod";
import { serverGone } from "./evidence.js";
import { connectLab, fault, labelOf, node, nodeOf } from "./fault.js";

export const restartServer = fault({
  does: "Stops a server (SIGTERM) and starts it again on its port and store. Nothing to heal.",
  options: z.strictObject({ node }),
  needs: ["own-server"],
  async inject(target, options, announce) {
    const server = nodeOf(target, options.node);
    await connectLab(target, server);
    const what = `restarts ${labelOf(server)}`;
    announce(what);
    await server.restart();
    return { what, bit: serverGone };
  },
});
