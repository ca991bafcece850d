// `jsrr replies`: lists the replies that wait in a mailbox.
import type { Command } from "commander";
import { count } from "../../common/plural.js";
import { formatHandle } from "../../requester/handle.js";
import { type ListedReply, listReplies } from "../../requester/list-replies.js";
import { addQueueOptions, connected, type QueueFlags, queueOf, wholeNumber } from "../options.js";
import { say, sayJson } from "../terminal.js";

interface Flags extends QueueFlags {
  name: string;
  limit: number;
  json?: boolean;
}

export const configure = (command: Command): Command =>
  addQueueOptions(
    command
      .option("--name <name>", "the requester whose mailbox it is", "requester")
      .option("--limit <n>", "list at most so many, the oldest", wholeNumber("--limit", 1, 1_000_000), 1000)
      .option("--json", "print them as JSON")
      .action(run),
  );

async function run(flags: Flags): Promise<void> {
  const { name, limit, json } = flags;
  await connected("jsrr replies", flags, async (nc) => {
    const replies = await listReplies(nc, { ...queueOf(flags), requester: name, limit });
    if (json) sayJson(replies.map(({ handle, ...rest }) => ({ ...rest, handle: formatHandle(handle) })));
    else if (replies.length === 0) say(`no replies in the mailbox of ${name}`);
    else for (const reply of replies) say(lineOf(reply));
  });
}

const lineOf = ({ time, status, bytes, handle }: ListedReply) =>
  `${time.toISOString()}  ${status}  ${count(bytes, "byte")}  ${formatHandle(handle)}`;
