// `jsrr conformance`: which promises of the protocol a service keeps, each shown by a scenario on a real server.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { defaultOrders, type OrderKind, orderKinds } from "../../conformance/orders.js";
import { type Role, roles } from "../../conformance/promises.js";
import { InvalidInputError } from "../../protocol/errors.js";
import type { ExternalCommand } from "../../runner/external-process.js";
import { defaultHistoryRoot } from "../../runner/history-folder.js";
import { EndWith } from "../exit.js";
import { each, serverVersion, unexpected, wholeNumber } from "../options.js";
import { interruptible } from "../signals.js";
import { asCalled, color, note, sayJson, terminal, width, write } from "../terminal.js";
import type { ActorFlags } from "./actors.js";

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
      "\nExits with 0 when no promise is broken, 1 when one is, 2 when a promise that the\nservice makes is not shown, 3 when the service does not start, 4 for bad\narguments.",
    )
    .action(runConformance);

interface ConformanceFlags extends ActorFlags {
  order?: string[];
  payload?: string;
  claim?: string[];
  only?: string[];
  parallel: number;
  serverVersion?: string;
  json?: boolean;
  badge?: string;
  quiet?: boolean;
  history?: string;
}

/** Loads the laboratory, which `--help` does not need. @throws EndWith unless each promise that the service makes is kept. */
async function runConformance(flags: ConformanceFlags): Promise<void> {
  const { conformance, conformanceExitCode } = await import("../../conformance/conformance.js");
  const [{ badge, badgeMarkdown, conformanceTable }, { externalCommands }] = await Promise.all([
    import("../../conformance/table.js"),
    import("./actors.js"),
  ]);
  const { role, actor } = serviceOf(externalCommands(flags));
  using interrupt = interruptible();
  const report = await conformance({
    ...{ role, actor, orders: ordersOf(flags.order ?? []), payload: flags.payload },
    ...{ claims: flags.claim ?? [], only: flags.only, parallel: flags.parallel },
    // Apart from the histories of single runs, of which only the newest are kept.
    historyRoot: flags.history ?? join(defaultHistoryRoot(terminal().env), "conformance"),
    signal: interrupt.signal,
    serverVersion: flags.serverVersion,
    onProgress: flags.quiet ? undefined : note,
  });
  if (flags.json) sayJson(report);
  else write(asCalled(conformanceTable(report, { color: color(), width: width() })));
  if (flags.badge !== undefined) {
    const text = flags.badge.endsWith(".md") ? badgeMarkdown(report) : JSON.stringify(badge(report));
    writeFileSync(flags.badge, `${text}\n`);
  }
  const code = conformanceExitCode(report);
  if (code !== 0) throw new EndWith(code);
}

function serviceOf(actors: Readonly<Record<string, ExternalCommand>>) {
  const [one, ...others] = Object.entries(actors);
  if (!one || others.length > 0)
    throw new InvalidInputError(
      `Expected one --actor, like --actor responder='./my-responder', got ${others.length + (one ? 1 : 0)}.`,
    );
  const [role, actor] = one;
  if (!roles.includes(role as Role))
    throw unexpected("--actor", `one of ${roles.join(", ")}, like responder='./my-responder'`, role);
  return { role: role as Role, actor };
}

function ordersOf(texts: readonly string[]): Partial<Record<OrderKind, string>> {
  const orders = { ...defaultOrders };
  for (const text of texts) {
    const [kind = "", name = "", ...rest] = text.split("=");
    if (!Object.hasOwn(orderKinds, kind) || rest.length > 0 || !/^[\w-]+(\.[\w-]+)*$/.test(name))
      throw unexpected("--order", `like slow=order-feast, of ${Object.keys(orderKinds).join(", ")}`, text);
    orders[kind as OrderKind] = name;
  }
  return orders;
}
