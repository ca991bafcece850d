// The runs of `jsrr conformance`, and what it prints and writes.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  conformance,
  conformanceExitCode,
  defaultOrders,
  type OrderKind,
  orderKinds,
} from "../../conformance/conformance.js";
import { type Role, roles } from "../../conformance/promises.js";
import { badge, badgeMarkdown, conformanceTable } from "../../conformance/table.js";
import { InvalidInputError } from "../../protocol/errors.js";
import { defaultHistoryRoot } from "../../runner/history-folder.js";
import { EndWith } from "../exit.js";
import { unexpected } from "../options.js";
import { interruptible } from "../signals.js";
import { asCalled, color, note, sayJson, terminal, width, write } from "../terminal.js";
import { type ActorFlags, externalCommands } from "./actors.js";

export interface ConformanceFlags extends ActorFlags {
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

/** @throws EndWith unless each promise that the service makes is kept. */
export async function runConformance(flags: ConformanceFlags): Promise<void> {
  const { role, actor } = serviceOf(flags);
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

function serviceOf(flags: ConformanceFlags) {
  const [one, ...others] = Object.entries(externalCommands(flags));
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
