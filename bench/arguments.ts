// The flags of both commands, read and checked before anything starts.
import { parseArgs } from "node:util";

/** The message names the flag, what was expected and what came. */
export class BadArguments extends Error {
  override name = "BadArguments";
}

export interface RunArguments {
  json: boolean;
  help: boolean;
  rounds: number;
  requests: number;
  inFlight: number[];
  payloadBytes: number;
  baseline: string;
  rows: string[];
  profile?: string;
  /** A built checkout of an earlier version, whose processes run the same rows. */
  before?: string;
  markdown: boolean;
}

export interface BacklogArguments {
  json: boolean;
  help: boolean;
  sizes: number[];
  atLeast: number;
  timeOuts: number[];
}

export const runHelp = `npm run bench -- [flags]
  --rounds N       rounds; every row runs once in each (default 5)
  --requests N     requests of a row in a round, a tenth at 1 in flight
                   (default 20k)
  --in-flight A,B  how many at the same time (default 1,500)
  --payload N      bytes of a request, e.g. 1M (default 128)
  --baseline ROW   the row that rates are compared with, which always runs
                   (default core)
  --rows A,B       which rows (default: all)
  --profile ROW    CPU profiles of that row's two processes instead
  --before DIR     a checkout of an earlier version, with dist/bench in it: its
                   processes run each row of the kit too, as ROW-before
  --markdown       the tables of docs/performance.md
  --json           one JSON document on stdout`;

export const backlogHelp = `npm run bench:backlog -- [flags]
  --sizes A,B      requests that wait (default 10k,100k,1M)
  --at-least N     a smaller size is repeated until so many were measured
                   (default 100k)
  --time-outs A,B  requests that time out together (default 7k,20k)
  --json           one JSON document on stdout`;

const text = { type: "string" } as const;
const shared = { json: { type: "boolean" }, help: { type: "boolean", short: "h" } } as const;

export function readRunArguments(args: string[], known: readonly string[], baseline: string): RunArguments {
  const options = {
    ...shared,
    rounds: text,
    requests: text,
    "in-flight": text,
    rows: text,
    payload: text,
    baseline: text,
    profile: text,
    before: text,
    markdown: { type: "boolean" },
  } as const;
  const { values: v } = parsed(() => parseArgs({ args, options }));
  const row = (name: string) => oneOf(name, known);
  const base = v.baseline === undefined ? baseline : row(v.baseline);
  const wanted = v.rows === undefined ? known : list(v.rows).map(row);
  return {
    json: v.json ?? false,
    help: v.help ?? false,
    rounds: count("--rounds", v.rounds ?? "5"),
    requests: count("--requests", v.requests ?? "20k"),
    inFlight: list(v["in-flight"] ?? "1,500").map((n) => count("--in-flight", n)),
    payloadBytes: count("--payload", v.payload ?? "128"),
    baseline: base,
    rows: known.filter((name) => name === base || wanted.includes(name)),
    ...(v.profile === undefined ? {} : { profile: row(v.profile) }),
    ...(v.before === undefined ? {} : { before: v.before }),
    markdown: v.markdown ?? false,
  };
}

export function readBacklogArguments(args: string[]): BacklogArguments {
  const options = { ...shared, sizes: text, "at-least": text, "time-outs": text };
  const { values: v } = parsed(() => parseArgs({ args, options }));
  return {
    json: v.json ?? false,
    help: v.help ?? false,
    sizes: list(v.sizes ?? "10k,100k,1M").map((n) => count("--sizes", n)),
    atLeast: count("--at-least", v["at-least"] ?? "100k"),
    timeOuts: list(v["time-outs"] ?? "7k,20k").map((n) => count("--time-outs", n)),
  };
}

const list = (text: string) => text.split(",").map((part) => part.trim());

/** `500`, `10k`, `1M`. */
function count(flag: string, text: string): number {
  const [, digits, unit = ""] = /^([1-9]\d{0,8})([kM]?)$/.exec(text) ?? [];
  if (digits === undefined) {
    throw new BadArguments(`Expected ${flag} to be a count such as 500, 10k or 1M, got ${JSON.stringify(text)}.`);
  }
  return Number(digits) * ({ k: 1_000, M: 1_000_000 }[unit] ?? 1);
}

function oneOf(name: string, known: readonly string[]): string {
  if (known.includes(name)) return name;
  throw new BadArguments(`Expected a row (${known.join(", ")}), got ${JSON.stringify(name)}.`);
}

function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new BadArguments(`${(cause as Error).message}; see --help.`, { cause });
  }
}
