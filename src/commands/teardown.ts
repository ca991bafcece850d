// `jsrr teardown`: deletes the streams of the queue, after a question.
import { createInterface } from "node:readline/promises";
import type { Command } from "commander";
import { count } from "../common/plural.js";
import { InvalidInputError } from "../protocol/errors.js";
import { type StreamContents, streamsOf, teardown } from "../stream-setup/teardown.js";
import { EndWith, exit } from "./exit.js";
import { addQueueOptions, connected, type QueueFlags, queueOf } from "./options.js";
import { note, say, sayJson } from "./terminal.js";

interface Flags extends QueueFlags {
  yes?: boolean;
  json?: boolean;
}

export const configure = (command: Command): Command =>
  addQueueOptions(
    command
      .option("--yes", "delete without a question")
      .option("--json", "print what was deleted as JSON; needs --yes")
      .action(run),
  );

async function run(flags: Flags): Promise<void> {
  const isInteractive = process.stdin.isTTY && process.stderr.isTTY;
  if (!flags.yes && (flags.json || !isInteractive)) {
    throw new InvalidInputError(
      "jsrr teardown deletes stored messages: without a terminal for its question it needs --yes.",
    );
  }
  await connected(
    "jsrr teardown",
    flags,
    async (nc) => {
      const queue = queueOf(flags);
      const found = await streamsOf(nc, queue);
      if (found.length > 0 && !flags.yes && !(await isConfirmed(found))) {
        note("Nothing was deleted.");
        throw new EndWith(exit.violated);
      }
      const deleted = found.length > 0 ? await teardown(nc, queue) : [];
      if (flags.json) sayJson({ deleted });
      else if (deleted.length === 0) note("There is nothing to delete.");
      else for (const one of deleted) say(`deleted ${inWords(one)}`);
    },
    "none",
  );
}

const inWords = ({ stream, messages }: StreamContents) => `stream ${stream} with ${count(messages, "stored message")}`;

async function isConfirmed(found: readonly StreamContents[]): Promise<boolean> {
  for (const one of found) note(inWords(one));
  const question = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await question.question("Delete them, for good? [y/N] ");
  question.close();
  return /^y(es)?$/i.test(answer.trim());
}
