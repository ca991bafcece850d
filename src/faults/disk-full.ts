// Fault "disk-full": the disk of a server takes no more bytes.
import { z } from "zod";
import { advisory, anyOf, failedRequest, refusedMeanwhile } from "./evidence.js";
import { fault, labelOf, node, nodeOf } from "./fault.js";

export const diskFull = fault({
  does: "Fills the disk of a server. `heal` makes room and starts the server again: it had switched JetStream off.",
  options: z.strictObject({ node }),
  needs: ["own-server", "own-disk", "root", "linux"],
  async inject(target, options) {
    const server = nodeOf(target, options.node);
    const { disk } = server;
    if (!disk) throw new Error(`The server ${server.name} has no disk of its own to fill.`);
    await disk.fill();
    const heal = async () => {
      await disk.makeRoom();
      await server.restart();
    };
    return {
      what: `fills the disk of ${labelOf(server)}`,
      heal,
      bit: anyOf(refusedMeanwhile, failedRequest, advisory),
    };
  },
});
