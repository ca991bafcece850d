// `jsrr status`: where a request is now, and how that is known.

import { Command } from "commander";
import { parseHandle } from "../requester/handle.js";
import { locate } from "../requester/locate.js";
import { addConnectionOptions, type ConnectionFlags, connected } from "./options.js";
import { say, sayJson } from "./terminal.js";

export function statusCommand(): Command {
  const command = new Command("status")
    .description(
      "tell where a request is: queued, running, stuck, replied, ended, gone or unknown, and how that is known",
    )
    .argument("<handle>", "what `jsrr request` printed when it gave up, or with --no-wait")
    .option("--json", "print it as JSON")
    .action(run);
  return addConnectionOptions(command);
}

async function run(text: string, flags: ConnectionFlags & { json?: boolean }): Promise<void> {
  const handle = parseHandle(text);
  await connected("jsrr status", flags, async (nc) => {
    const { where, evidence, remaining, reply } = await locate(nc, handle);
    const status = reply ? { status: reply.status, payload: reply.text } : {};
    if (flags.json) sayJson({ whereabouts: where, evidence, remaining, ...status });
    else {
      say(`${where}${reply ? ` (${reply.status})` : ""}: ${evidence}`);
      say(`${remaining} in ${handle.stream}`);
    }
  });
}
