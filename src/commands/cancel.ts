// `jsrr cancel`: removes a request from the queue or cancels it at its responder, and prints which of the two.
import type { Command } from "commander";
import { cancel } from "../requester/cancel.js";
import { parseHandle } from "../requester/handle.js";
import { EndWith, exit } from "./exit.js";
import { addConnectionOptions, type ConnectionFlags, connected, handleArgument } from "./options.js";
import { statusAndPayload } from "./print-replies.js";
import { note, say, sayJson } from "./terminal.js";

export const configure = (command: Command): Command =>
  addConnectionOptions(
    command
      .argument(...handleArgument)
      .option("--json", "print the outcome as JSON")
      .action(run),
  );

async function run(text: string, flags: ConnectionFlags & { json?: boolean }): Promise<void> {
  const handle = parseHandle(text);
  await connected("jsrr cancel", flags, async (nc) => {
    const { outcome, evidence, reply } = await cancel(nc, handle);
    if (flags.json) sayJson({ outcome, evidence, ...(reply && statusAndPayload(reply)) });
    else (outcome === "removed" ? say : note)(`${outcome}: ${evidence}`);
    if (outcome !== "removed") throw new EndWith(exit.violated);
  });
}
