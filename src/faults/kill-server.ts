// A server crashes: what it had not written is gone, what it had is there again when it is started.

import { z } from "zod";
import { serverGone } from "./evidence.js";
import { called, fault, node, nodeOf, witness } from "./fault.js";

export const killServer = fault({
  does: "Kills a server (SIGKILL). `heal` starts it again on its port and store.",
  options: z.strictObject({ node }),
  needs: ["own-server"],
  async inject(target, options) {
    const server = nodeOf(target, options.node);
    await witness(target, server);
    await server.kill();
    return { what: `kills ${called(server)}`, heal: () => server.restart(), bit: serverGone };
  },
});
