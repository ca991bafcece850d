// `jsrr cancel`: removes a request from the queue or cancels it at its responder, and prints which of the two.
import type { Command } from "commander";
import { cancel } from "../../requester/cancel.js";
import { parseHandle } from "../../requester/handle.js";
import { EndWith, exit } from "../exit.js";
import { addHandleOptions, connectedFor, domainOf, type HandleFlags } from "../options.js";
import { note, say, sayJson } from "../terminal.js";
import { statusAndPayload } from "./print-replies.js";

export const configure = (command: Command): Command =>
  addHandleOptions(command, "print the outcome as JSON").action(run);

async function run(text: string, flags: HandleFlags): Promise<void> {
  const handle = parseHandle(text);
  await connectedFor(handle, "jsrr cancel", flags, async (nc) => {
    const { outcome, evidence, reply } = await cancel(nc, handle, domainOf(flags));
    if (flags.json) sayJson({ outcome, evidence, ...(reply && statusAndPayload(reply)) });
    else (outcome === "removed" ? say : note)(`${outcome}: ${evidence}`);
    if (outcome !== "removed") throw new EndWith(exit.violated);
  });
}
