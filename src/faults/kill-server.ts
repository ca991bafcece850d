// Fault "kill-server": SIGKILL of a server.
import { z } from "zod";
import { serverGone } from "./evidence.js";
import { connectLab, fault, labelOf, node, nodeOf } from "./fault.js";

export const killServer = fault({
  does: "Kills a server (SIGKILL). `heal` starts it again on its port and store.",
  options: z.strictObject({ node }),
  needs: ["own-server"],
  async inject(target, options, announce) {
    const server = nodeOf(target, options.node);
    await connectLab(target, server);
    const what = `kills ${labelOf(server)}`;
    announce(what);
    await server.kill();
    return { what, heal: () => server.restart(), bit: serverGone };
  },
});
