// `jsrr collect`: comes back for a reply, from any process that has the handle.

import { Command } from "commander";
import { collectMany, emptyMailbox } from "../requester/collect.js";
import { parseHandle } from "../requester/handle.js";
import { locate } from "../requester/locate.js";
import { EndWith, exit } from "./errors.js";
import { addConnectionOptions, type ConnectionFlags, connected, duration } from "./options.js";
import { lastAfterParts, printAll } from "./print-replies.js";
import { answer } from "./request.js";
import { note, say, sayJson } from "./terminal.js";

interface Flags extends ConnectionFlags {
  timeout?: number;
  json?: boolean;
}

export function collectCommand(): Command {
  const command = new Command("collect")
    .description("collect the stored reply of an earlier request, and its parts where it has some")
    .argument("<handle>", "what `jsrr request` printed when it gave up, or with --no-wait")
    .option("--timeout <time>", "wait this long for a reply that is not there yet", duration("--timeout"))
    .option("--json", "print the reply as JSON")
    .action(run);
  return addConnectionOptions(command);
}

async function run(text: string, flags: Flags): Promise<void> {
  const handle = parseHandle(text);
  await connected("jsrr collect", flags, async (nc) => {
    const options = flags.timeout ? { timeoutMs: flags.timeout } : {};
    const { last, parts } = await printAll(collectMany(nc, handle, options), flags);
    if (last && parts > 0) return lastAfterParts(last, flags);
    if (last) return answer(last, flags);
    const { where, evidence } = await locate(nc, handle);
    if (flags.json && parts > 0) say(JSON.stringify({ status: null, whereabouts: where, evidence, parts }));
    else if (flags.json) sayJson({ status: null, whereabouts: where, evidence });
    else note(`${emptyMailbox(handle)}.\nThe request is ${where}: ${evidence.replace(/\.$/, "")}.`);
    throw new EndWith(exit.violated);
  });
}
