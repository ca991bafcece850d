// `jsrr status`: where a request is now, and the evidence for it.
import type { Command } from "commander";
import { parseHandle } from "../../requester/handle.js";
import { locate } from "../../requester/locate.js";
import { addHandleOptions, connectedFor, domainOf, type HandleFlags } from "../options.js";
import { say, sayJson } from "../terminal.js";
import { statusAndPayload } from "./print-replies.js";

export const configure = (command: Command): Command => addHandleOptions(command, "print it as JSON").action(run);

async function run(text: string, flags: HandleFlags): Promise<void> {
  const handle = parseHandle(text);
  await connectedFor(handle, "jsrr status", flags, async (nc) => {
    const { where, evidence, remaining, reply } = await locate(nc, handle, domainOf(flags));
    if (flags.json) {
      sayJson({ whereabouts: where, evidence, remaining, ...(reply && statusAndPayload(reply)) });
      return;
    }
    say(`${where}${reply ? ` (${reply.status})` : ""}: ${evidence}`);
    say(`${remaining} in ${handle.stream}`);
  });
}
