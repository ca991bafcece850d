// Fault "flip-bit": one wrong bit in a stored message. After a kill the server reads its blocks again and drops the message and
// what follows it. After a stop it trusts its index, and reports nothing.
import { readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { stays } from "./corrupt-file.js";
import { lostMessages } from "./evidence.js";
import { fault, node, nodeOf, stream } from "./fault.js";
import { blocksOf, whileDown } from "./store-files.js";

export const flipBit = fault({
  does: "Stops a server, flips one bit of a message in a block file (.blk) of a stream, and starts the server again. Nothing to heal.",
  options: z.strictObject({
    node,
    stream,
    by: z.enum(["stop", "kill"], "stop or kill").default("stop").describe("How the server is stopped."),
  }),
  needs: ["own-server"],
  async inject(target, options) {
    const server = nodeOf(target, options.node);
    let at = 0;
    const damage = () => {
      const blocks = blocksOf(server, options.stream);
      at = flip(blocks[Math.floor(target.random() * blocks.length)] as string, target.random);
    };
    await whileDown(target, server, options.stream, damage, options.by);
    const what = `flips a bit of byte ${at} of a block of ${options.stream} on ${server.name}`;
    return { what, heal: stays, bit: lostMessages };
  },
});

/** @returns the position of the byte. */
function flip(file: string, random: () => number): number {
  const block = readFileSync(file);
  const messages = contentsOf(block);
  // The index has the checksum of the last message, too, so the server would notice damage there.
  const chosen = Math.floor(random() * Math.max(1, messages.length - 1));
  const { from, to } = messages[chosen] ?? { from: 0, to: block.length };
  const at = from + Math.floor(random() * (to - from));
  block[at] = (block[at] as number) ^ (1 << Math.floor(random() * 8));
  writeFileSync(file, block);
  return at;
}

/** Of a record: length (4 bytes, the highest bit marks headers), sequence, time, length of the subject. */
const beforeSubject = 22;
const checksum = 8;

/**
 * The subject, headers and payload of each message (nats-server's filestore.go). Without the length: a wrong length makes the
 * server drop all that follows, which is another fault, `truncate-block`.
 */
function contentsOf(block: Buffer): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = [];
  for (let at = 0; at + beforeSubject <= block.length; ) {
    const length = block.readUInt32LE(at) & 0x7fff_ffff;
    if (length < beforeSubject + checksum || at + length > block.length) break;
    found.push({ from: at + beforeSubject, to: at + length - checksum });
    at += length;
  }
  return found;
}
