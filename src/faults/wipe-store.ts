// A server loses its whole disk and comes back empty.

import { rmSync } from "node:fs";
import { z } from "zod";
import { anyOf, brokenConnection, lostMessages } from "./evidence.js";
import { called, fault, node, nodeOf, stream } from "./fault.js";
import { whileDown } from "./store-files.js";

export const wipeStore = fault({
  does: "Kills a server, deletes its store, and starts it empty. Nothing to heal.",
  options: z.strictObject({ node, stream }),
  needs: ["own-server"],
  async inject(target, options) {
    const server = nodeOf(target, options.node);
    await whileDown(target, server, options.stream, () =>
      rmSync(server.storeDir, { recursive: true, force: true }),
    );
    const what = `wipes the store of ${called(server)}`;
    return { what, bit: anyOf(lostMessages, brokenConnection()) };
  },
});
