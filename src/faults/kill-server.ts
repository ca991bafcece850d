// A server crashes: what it had not written is gone, what it had is there again when it is started.
import { z } from "zod";
import { fault } from "./fault.js";
import { node } from "./options.js";
import { serverGone } from "./shown-by.js";
import { called, nodeOf, witness } from "./target.js";

export const killServer = fault({
  does: "Kills a server (SIGKILL); healed, it is started again on its port and store.",
  options: z.strictObject({ node }),
  needs: ["own-server"],
  async inject(target, options) {
    const server = nodeOf(target, options.node);
    await witness(target, server);
    await server.kill();
    return { what: `kills ${called(server)}`, heal: () => server.restart(), bit: serverGone };
  },
});
