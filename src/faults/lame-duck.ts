// Fault "lame-duck": a server that ends in lame duck mode (SIGUSR2).
import { z } from "zod";
import { serverGone } from "./evidence.js";
import { connectLab, fault, labelOf, node, nodeOf } from "./fault.js";

export const lameDuck = fault({
  does: "Puts a server into lame duck mode: it asks its clients to reconnect to others and exits. `heal` starts it again.",
  options: z.strictObject({ node }),
  needs: ["own-server"],
  async inject(target, options, announce) {
    const server = nodeOf(target, options.node);
    await connectLab(target, server);
    const what = `retires ${labelOf(server)}`;
    announce(what);
    await server.lameDuck();
    return { what, heal: () => server.restart(), bit: serverGone };
  },
});
