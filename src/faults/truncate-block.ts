// Fault "truncate-block": the end of a message block is missing, as after a crash during a write.
import { statSync, truncateSync } from "node:fs";
import { z } from "zod";
import { lostMessages } from "./evidence.js";
import { fault, node, nodeOf, stream } from "./fault.js";
import { blocksOf, whileDown } from "./store-files.js";

export const truncateBlock = fault({
  does: "Kills a server, cuts the last block file (.blk) of a stream in half, and starts the server again. Nothing to heal.",
  options: z.strictObject({ node, stream }),
  needs: ["own-server"],
  async inject(target, options) {
    const server = nodeOf(target, options.node);
    await whileDown(target, server, options.stream, () => {
      const last = blocksOf(server, options.stream).at(-1) as string;
      truncateSync(last, Math.floor(statSync(last).size / 2));
    });
    const what = `cuts the last block of ${options.stream} on ${server.name} in half`;
    return { what, bit: lostMessages };
  },
});
