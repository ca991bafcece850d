// `jsrr collect`: the stored reply of an earlier request, for any process that has the handle.
import type { Command } from "commander";
import { collectMany, emptyMailbox } from "../../requester/collect.js";
import { namesOf, parseHandle } from "../../requester/handle.js";
import { locate } from "../../requester/locate.js";
import { EndWith, exit } from "../exit.js";
import { addDomainOptions, connectedFor, type DomainFlags, domainOf, duration, handleArgument } from "../options.js";
import { note, sayJson, sayJsonLine } from "../terminal.js";
import { lastAfterParts, printAll, printReply } from "./print-replies.js";

interface Flags extends DomainFlags {
  timeout?: number;
  json?: boolean;
}

export const configure = (command: Command): Command =>
  addDomainOptions(
    command
      .argument(...handleArgument)
      .option("--timeout <time>", "wait this long for a reply that is not there yet", duration("--timeout"))
      .option("--json", "print the reply as JSON")
      .action(run),
  );

async function run(text: string, flags: Flags): Promise<void> {
  const handle = parseHandle(text);
  await connectedFor(handle, "jsrr collect", flags, async (nc) => {
    const { last, parts } = await printAll(
      collectMany(nc, handle, { ...domainOf(flags), timeoutMs: flags.timeout }),
      flags,
    );
    if (last && parts > 0) return lastAfterParts(last, flags);
    if (last) return printReply(last, flags);
    const { where, evidence } = await locate(nc, handle, domainOf(flags));
    if (flags.json && parts > 0) sayJsonLine({ status: null, whereabouts: where, evidence, parts });
    else if (flags.json) sayJson({ status: null, whereabouts: where, evidence });
    else
      note(
        `${emptyMailbox(namesOf(handle, domainOf(flags)), handle)}.\nThe request is ${where}: ${evidence.replace(/\.$/, "")}.`,
      );
    throw new EndWith(exit.violated);
  });
}
