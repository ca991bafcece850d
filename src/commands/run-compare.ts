// What `jsrr compare` does: run the cells, show them, and end with whether they are what is known of them.

import { join } from "node:path";
import { compare, situationNames } from "../compare/compare.js";
import { compareTable } from "../compare/table.js";
import { type LabReplyStrategy, labReplyStrategies } from "../protocol/events.js";
import { defaultHistoryRoot } from "../runner/history-folder.js";
import { EndWith, exit } from "./errors.js";
import { listOf } from "./options.js";
import { interruptible } from "./signals.js";
import { note, sayJson, terminal, write } from "./terminal.js";

export interface CompareFlags {
  situations?: string;
  strategies?: LabReplyStrategy[];
  parallel: number;
  json?: boolean;
  serverVersion?: string;
  quiet?: boolean;
  history?: string;
}

export async function runCompare(flags: CompareFlags): Promise<void> {
  const situations = flags.situations
    ? listOf("--situations", ...situationNames)(flags.situations)
    : situationNames;
  using interrupt = interruptible();
  const comparison = await compare({
    situations,
    strategies: flags.strategies ?? labReplyStrategies,
    parallel: flags.parallel,
    // Apart from the histories of single runs, of which only the newest are kept.
    historyRoot: flags.history ?? join(defaultHistoryRoot(terminal().env), "compare"),
    signal: interrupt.signal,
    ...(flags.serverVersion !== undefined && { serverVersion: flags.serverVersion }),
    ...(flags.quiet ? {} : { onProgress: note }),
  });
  if (flags.json) sayJson(comparison);
  else write(compareTable(comparison));
  if (!comparison.asExpected) throw new EndWith(exit.violated);
}
