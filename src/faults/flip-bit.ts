// One bit of a stored message is wrong, as after a bad sector or a bad cable. After a kill the server reads its blocks again and
// drops what is wrong and what comes after it; after a stop in good order it trusts its index, and nobody is told.
import { closeSync, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { z } from "zod";
import { lostMessages } from "./evidence.js";
import { fault } from "./fault.js";
import { node, stream } from "./options.js";
import { blocksOf, whileDown } from "./store-files.js";
import { nodeOf } from "./target.js";

export const flipBit = fault({
  does: "Stops a server, flips one bit in a message block (.blk) of a stream, and starts it again; nothing to heal.",
  options: z.strictObject({
    node,
    stream,
    by: z.enum(["stop", "kill"], "stop or kill").default("stop").describe("How the server goes down."),
  }),
  needs: ["own-server"],
  async inject(target, options) {
    const server = nodeOf(target, options.node);
    let at = 0;
    const damage = () => {
      const blocks = blocksOf(server, options.stream);
      at = flip(blocks[Math.floor(target.random() * blocks.length)] as string, target.random);
    };
    await whileDown(target, server, options.stream, damage, options.by === "stop" ? "terminate" : "kill");
    const what = `flips a bit of byte ${at} of a block of ${options.stream} on ${server.name}`;
    return { what, bit: lostMessages };
  },
});

/** Returns the byte's position. */
function flip(file: string, random: () => number): number {
  const descriptor = openSync(file, "r+");
  try {
    const at = Math.floor(random() * fstatSync(descriptor).size);
    const byte = Buffer.alloc(1);
    readSync(descriptor, byte, 0, 1, at);
    byte[0] = (byte[0] as number) ^ (1 << Math.floor(random() * 8));
    writeSync(descriptor, byte, 0, 1, at);
    return at;
  } finally {
    closeSync(descriptor);
  }
}
