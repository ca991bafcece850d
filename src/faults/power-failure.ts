// Fault "power-failure": a server that loses what was written but not synced.
import { z } from "zod";
import { anyOf, brokenConnection, lostMessages } from "./evidence.js";
import { fault, labelOf, node, nodeOf, stream } from "./fault.js";
import { whileDown } from "./store-files.js";

export const powerFailure = fault({
  does: "Kills a server, drops everything that was not synced to its disk, and starts it again. Nothing to heal.",
  options: z.strictObject({ node, stream }),
  needs: ["own-server", "own-disk", "root", "linux"],
  async inject(target, options, announce) {
    const server = nodeOf(target, options.node);
    const { disk } = server;
    if (!disk) throw new Error(`The server ${server.name} has no disk of its own to take the power from.`);
    const what = `takes the power from ${labelOf(server)}`;
    announce(what);
    await whileDown(target, server, options.stream, () => disk.losePower());
    return { what, bit: anyOf(lostMessages, brokenConnection()) };
  },
});
