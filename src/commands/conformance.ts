// `jsrr conformance`: which promises of the protocol a service keeps, each shown by a scenario on a real server.
import type { Command } from "commander";
import { each, serverVersion, wholeNumber } from "./options.js";
import type { ConformanceFlags } from "./runs/conformance.js";

export const configure = (command: Command): Command =>
  command
    .option(
      "--actor <role=command>",
      "the service: responder='./my-responder', or requester='./send {order} {timeout} {id}'; no shell reads it",
      each,
    )
    .option("--actor-env <KEY=value>", "add this to its environment; repeatable", each)
    .option("--actor-cwd <folder>", "its working directory")
    .option("--actor-ready <role=text>", "it is ready when it prints this; default: when it pulls", each)
    .option(
      "--order <kind=name>",
      "an order of the service: ok, slow, error, retry, parts or unknown; repeatable",
      each,
    )
    .option("--payload <text>", "the payload of each request (default: empty)")
    .option("--claim <promise>", "an optional promise that the service makes, or all; repeatable", each)
    .option("--only <promise>", "only this promise; repeatable", each)
    .option("--parallel <n>", "runs at the same time", wholeNumber("--parallel", 1, 16), 2)
    .option(...serverVersion)
    .option("--json", "print the report as one JSON document, and nothing else on stdout")
    .option(
      "--badge <file>",
      "write a badge: Markdown to a file that ends in .md, else the JSON of a shields.io endpoint",
    )
    .option("-q, --quiet", "no progress on stderr")
    .option("--history <folder>", "keep the histories of the runs here")
    .addHelpText(
      "after",
      "\nExits with 0 when no promise is broken, 1 when one is, 2 when a promise that the\nservice makes is not shown, 3 when the service does not start, 4 for bad arguments.",
    )
    .action(async (flags: ConformanceFlags) => (await import("./runs/conformance.js")).runConformance(flags));
