// `jsrr cancel`: takes a request out of the queue, or tells its responder to stop; says which of both it was.

import { Command } from "commander";
import { type CancelResult, cancel } from "../requester/cancel.js";
import { parseHandle } from "../requester/handle.js";
import { EndWith, exit } from "./errors.js";
import { addConnectionOptions, type ConnectionFlags, connected } from "./options.js";
import { note, say, sayJson } from "./terminal.js";

export function cancelCommand(): Command {
  const command = new Command("cancel")
    .description("cancel a request; ends with 0 only if no responder ever got it")
    .argument("<handle>", "what `jsrr request` printed when it gave up, or with --no-wait")
    .option("--json", "print the outcome as JSON")
    .action(run);
  return addConnectionOptions(command);
}

async function run(text: string, flags: ConnectionFlags & { json?: boolean }): Promise<void> {
  const handle = parseHandle(text);
  await connected("jsrr cancel", flags, async (nc) => {
    const cancelled = await cancel(nc, handle);
    if (flags.json) sayJson(asJson(cancelled));
    else (cancelled.outcome === "removed" ? say : note)(`${cancelled.outcome}: ${cancelled.evidence}`);
    if (cancelled.outcome !== "removed") throw new EndWith(exit.violated);
  });
}

const asJson = ({ outcome, evidence, reply }: CancelResult) => ({
  outcome,
  evidence,
  ...(reply ? { status: reply.status, payload: reply.text } : {}),
});
