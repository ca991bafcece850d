// A server is stopped in good order and started again, as an upgrade does it.

import { z } from "zod";
import { serverGone } from "./evidence.js";
import { called, fault, node, nodeOf, witness } from "./fault.js";

export const restartServer = fault({
  does: "Stops a server (SIGTERM) and starts it again on its port and store. Nothing to heal.",
  options: z.strictObject({ node }),
  needs: ["own-server"],
  async inject(target, options) {
    const server = nodeOf(target, options.node);
    await witness(target, server);
    await server.restart();
    return { what: `restarts ${called(server)}`, bit: serverGone };
  },
});
