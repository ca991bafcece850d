// Fault "corrupt-file": damage in any files of a store, chosen by a pattern.
import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { count } from "../common/plural.js";
import { anyOf, brokenConnection, lostMessages } from "./evidence.js";
import { fault, node, nodeOf, stream } from "./fault.js";
import { whileDown } from "./store-files.js";

type Damage = (file: string, random: () => number) => void;

const damages = {
  bit: (file, random) => {
    const bytes = readFileSync(file);
    const at = Math.floor(random() * bytes.length);
    if (bytes.length > 0) bytes[at] = (bytes[at] as number) ^ (1 << Math.floor(random() * 8));
    writeFileSync(file, bytes);
  },
  half: (file) => truncateSync(file, Math.floor(statSync(file).size / 2)),
  zeros: (file) => writeFileSync(file, Buffer.alloc(statSync(file).size)),
  gone: (file) => rmSync(file),
} satisfies Record<string, Damage>;

const damageNames = Object.keys(damages) as (keyof typeof damages)[];

export const corruptFile = fault({
  does: "Stops a server, damages the files of its store that match a pattern, and starts the server again. Nothing to heal.",
  options: z.strictObject({
    files: z
      .string('a pattern like "**/msgs/*.blk"')
      .min(1, 'a pattern like "**/msgs/*.blk"')
      .describe(
        'A pattern below the folder `jetstream` of the store: `*` is any part of a name, `**` any folders. E.g. "$G/streams/REQUESTS/msgs/*.blk", "**/obs/*/o.dat", "**/meta.inf".',
      ),
    damage: z
      .enum(damageNames, "bit, half, zeros or gone")
      .default("bit")
      .describe("One wrong bit, the second half missing, all zeros, or no file:"),
    which: z.enum(["all", "one"], "all or one").default("all").describe("The files, or one that the seed draws:"),
    node,
    stream: stream.describe("The stream whose messages are counted before and afterwards."),
    by: z.enum(["stop", "kill"], "stop or kill").default("stop").describe("How the server is stopped."),
  }),
  needs: ["own-server"],
  async inject(target, { files: pattern, damage, which, node, stream, by }) {
    const server = nodeOf(target, node);
    let damaged: string[] = [];
    const corrupt = () => {
      const found = filesLike(join(server.storeDir, "jetstream"), pattern);
      damaged = which === "all" ? found : [found[Math.floor(target.random() * found.length)] as string];
      for (const file of damaged) damages[damage](join(server.storeDir, "jetstream", file), target.random);
    };
    await whileDown(target, server, stream, corrupt, by);
    const what = `damages ${damaged.length === 1 ? damaged[0] : count(damaged.length, "file")} of ${server.name} (${damage})`;
    return { what, heal: stays, bit: anyOf(lostMessages, brokenConnection()) };
  },
});

/** The damage stays, so that its effect may show at any time until the end of the run. */
export const stays = async (): Promise<void> => {};

const mostNamed = 8;

/** @throws if none matches. */
function filesLike(folder: string, pattern: string): string[] {
  const all = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  const wanted = patternOf(pattern);
  const found = all.filter((file) => wanted.test(file)).sort();
  if (found.length > 0) return found;
  throw new Error(
    `No file of the store matches ${JSON.stringify(pattern)}, only ${all.slice(0, mostNamed).join(", ")}.`,
  );
}

/** `**\/` is any number of folders, `*` and `?` stay within a name. */
const patternOf = (pattern: string) =>
  new RegExp(
    `^${pattern
      .split(/(\*\*\/|\*\*|\*|\?)/)
      .map((part) => wildcards[part] ?? part.replace(/[.+^${}()|[\]\\]/g, "\\$&"))
      .join("")}$`,
  );

const wildcards: Record<string, string> = { "**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]" };
