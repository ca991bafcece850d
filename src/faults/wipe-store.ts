// Fault "wipe-store": a server that comes back with an empty disk.
import { rmSync } from "node:fs";
import { z } from "zod";
import { anyOf, brokenConnection, lostMessages } from "./evidence.js";
import { fault, labelOf, node, nodeOf, stream } from "./fault.js";
import { whileDown } from "./store-files.js";

export const wipeStore = fault({
  does: "Kills a server, deletes its store, and starts it empty. Nothing to heal.",
  options: z.strictObject({ node, stream }),
  needs: ["own-server"],
  async inject(target, options, announce) {
    const server = nodeOf(target, options.node);
    const what = `wipes the store of ${labelOf(server)}`;
    announce(what);
    await whileDown(target, server, options.stream, () => rmSync(server.storeDir, { recursive: true, force: true }));
    return { what, bit: anyOf(lostMessages, brokenConnection()) };
  },
});
