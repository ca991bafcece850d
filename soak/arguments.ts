// The flags of `npm run soak:faults`, read and checked before anything starts.
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

/** The message names the flag, what was expected and what came. */
export class BadArguments extends Error {
  override name = "BadArguments";
}

export interface SoakArguments {
  help: boolean;
  /** Of the first schedule; each further one has the next number. */
  seed: number;
  runs: number;
  nodes: 1 | 3;
  parallel: number;
  /** No further schedule begins after so many milliseconds. */
  forMs: number;
  /** The folder for the records of schedules with findings. */
  keep: string;
  /** Keeps the record of every schedule. */
  keepAll: boolean;
}

export const help = `npm run soak:faults -- [flags]
  --runs N       schedules (default 100; with --for: no limit)
  --seed N       seed of the first one; each further one has the next number
                 (default: drawn). \`--seed N --runs 1\` plays one again
  --nodes 1|3    servers (default 1)
  --parallel N   schedules at the same time (default 2)
  --for 10m      begins no further schedule after that time (s, m or h)
  --keep FOLDER  for the records of schedules with findings
                 (default: soak-faults in the temporary folder)
  --keep-all     keeps the record of every schedule
Exit codes: 0 no finding, 1 findings, 3 a schedule could not be played, 4 bad arguments, 130 interrupted.`;

const text = { type: "string" } as const;
const flag = { type: "boolean" } as const;

export function readArguments(args: string[], drawSeed: () => number): SoakArguments {
  const options = {
    ...{ seed: text, runs: text, nodes: text, parallel: text, for: text, keep: text, "keep-all": flag },
    help: { type: "boolean", short: "h" } as const,
  };
  const { values } = parsed(() => parseArgs({ args, options }));
  const forMs = values.for === undefined ? Number.POSITIVE_INFINITY : duration(values.for);
  const runs = values.runs ?? (values.for === undefined ? "100" : undefined);
  return {
    help: values.help ?? false,
    seed: values.seed === undefined ? drawSeed() : count("--seed", values.seed, 0),
    runs: runs === undefined ? Number.POSITIVE_INFINITY : count("--runs", runs, 1),
    nodes: nodes(values.nodes ?? "1"),
    parallel: count("--parallel", values.parallel ?? "2", 1),
    forMs,
    keep: values.keep ?? join(tmpdir(), "soak-faults"),
    keepAll: values["keep-all"] ?? false,
  };
}

function count(name: string, text: string, least: number): number {
  const n = Number(text);
  if (/^\d{1,9}$/.test(text) && n >= least) return n;
  throw new BadArguments(`Expected ${name} to be a whole number from ${least}, got ${JSON.stringify(text)}.`);
}

function nodes(text: string): 1 | 3 {
  if (text === "1" || text === "3") return Number(text) as 1 | 3;
  throw new BadArguments(`Expected --nodes to be 1 or 3, got ${JSON.stringify(text)}.`);
}

function duration(text: string): number {
  const [, digits, unit = ""] = /^([1-9]\d{0,5})([smh])$/.exec(text) ?? [];
  if (digits === undefined) {
    throw new BadArguments(`Expected --for to be a time such as 90s, 10m or 1h, got ${JSON.stringify(text)}.`);
  }
  return Number(digits) * ({ s: 1_000, m: 60_000, h: 3_600_000 }[unit] ?? 0);
}

function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new BadArguments(`${(cause as Error).message}; see --help.`, { cause });
  }
}
