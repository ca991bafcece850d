// The comparison: runs every situation with every strategy, each cell on a server of its own.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import PQueue from "p-queue";
import type { Run, ServerFacts } from "../history/result.js";
import type { Verdict } from "../history/verdict.js";
import type { LabReplyStrategy } from "../protocol/events.js";
import { type RunOptions, runScenario } from "../runner/run.js";
import { loadScenario } from "../scenario/load.js";
import type { Scenario } from "../scenario/model.js";
import { type Cell, classify, sameCell } from "./cell.js";

interface CompareOptions extends Pick<RunOptions, "historyRoot" | "onProgress" | "signal" | "serverVersion"> {
  situations: readonly Situation[];
  strategies: readonly LabReplyStrategy[];
  /** Cells at the same time. */
  parallel: number;
  /** The whole run of each cell, by the name of its folder in the reports. */
  onRun?: (name: string, run: Run) => void;
}

export interface ComparedCell extends Cell {
  situation: Situation;
  strategy: LabReplyStrategy;
  expected: Cell;
  asExpected: boolean;
  /** What the situation's scenario waited for in vain: its other steps were not played. */
  unmet: string[];
  /** The checks of the situation's scenario, as this run found them. */
  checks: Record<string, Verdict>;
  /** Folder with the run's NDJSON files. */
  history: string;
  /** Wall time of the run, milliseconds. */
  durationMs: number;
}

export interface Comparison {
  format: 1;
  server: ServerFacts;
  situations: readonly Situation[];
  strategies: readonly LabReplyStrategy[];
  /** Row by row. */
  cells: ComparedCell[];
  asExpected: boolean;
  durationMs: number;
}

/** @throws what a run itself could not do, with the cell's name; the other runs are broken off. */
export async function compare(options: CompareOptions): Promise<Comparison> {
  const { situations, strategies, parallel } = options;
  const startedAt = performance.now();
  const broken = new AbortController();
  const signal = AbortSignal.any([broken.signal, ...(options.signal ? [options.signal] : [])]);
  const queue = new PQueue({ concurrency: parallel });
  const total = situations.length * strategies.length;
  let done = 0;
  let server: ServerFacts | undefined;
  const runs = situations.flatMap((situation) =>
    strategies.map((strategy) =>
      queue.add(async () => {
        signal.throwIfAborted();
        const { cell, facts } = await runCell(situation, strategy, { ...options, signal });
        server ??= facts;
        options.onProgress?.(`${++done}/${total} ${situation} with ${strategy}: ${inWords(cell)}`);
        return cell;
      }),
    ),
  );
  const cells = await allOrNone(runs, broken);
  return {
    format: 1,
    server: server as ServerFacts,
    ...{ situations, strategies, cells },
    asExpected: cells.every((cell) => cell.asExpected),
    durationMs: Math.round(performance.now() - startedAt),
  };
}

/** The first error aborts all runs, and is thrown after each has released its servers. */
async function allOrNone<T>(runs: Promise<T>[], broken: AbortController): Promise<T[]> {
  try {
    return await Promise.all(runs);
  } catch (error) {
    broken.abort(error);
    await Promise.allSettled(runs);
    throw error;
  }
}

async function runCell(situation: Situation, strategy: LabReplyStrategy, options: CompareOptions) {
  const scenario = await situationScenario(situation, strategy);
  const run = await runScenario(scenario, options).catch((error: Error) => {
    if (options.signal?.aborted) throw error;
    throw new Error(`${situation} with ${strategy}: ${error.message}`, { cause: error });
  });
  options.onRun?.(cellName({ situation, strategy }), run);
  const { result, events } = run;
  const measured = classify(events);
  const expected = expectedCells[situation][strategy];
  const unmet = result.expectations
    .filter(({ verdict }) => verdict !== "held")
    .map(({ path, expected, actual }) => `${path} ${expected}: ${actual ?? "unknown"}`);
  const cell: ComparedCell = {
    ...{ situation, strategy, ...measured, expected },
    asExpected: unmet.length === 0 && sameCell(measured, expected),
    unmet,
    checks: Object.fromEntries(result.checks.map(({ name, verdict }) => [name, verdict])),
    history: result.history,
    durationMs: result.durationMs,
  };
  return { cell, facts: result.server };
}

export const cellName = ({ situation, strategy }: Pick<ComparedCell, "situation" | "strategy">) =>
  `${situation}-${strategy}`;

/** `answered, executed once, reply collected` */
export function inWords({ request, effect, reply, copies }: Cell): string {
  const times = ["not executed", "executed once", "executed twice"][effect] ?? `executed ${effect} times`;
  return `${request}, ${times}, reply ${reply}${copies > 1 ? `, stored ${copies} times` : ""}`;
}

// The rows of the comparison: what happens to requester, responder and server. Each is a scenario file with the mailbox,
// which is run with each of the strategies in its place.

/** The file's name to what a person calls it. */
export const situations = {
  "responder-offline": "responder offline",
  "requester-timed-out": "requester timed out, and is still alive",
  "requester-restarted": "requester killed, and started again",
  "server-restarted": "server killed and restarted",
  "responder-crashed": "responder killed after its work, before its ack",
  "duplicate-request": "the same request sent twice",
} as const;

export type Situation = keyof typeof situations;

export const situationNames = Object.keys(situations) as Situation[];

/** From `src/compare` and from `dist/compare` alike. */
const folder = new URL("../../scenarios/compare/", import.meta.url);

export async function situationScenario(situation: Situation, strategy: LabReplyStrategy): Promise<Scenario> {
  const scenario = await loadScenario(fileURLToPath(new URL(`${situation}.yaml`, folder)));
  const requesters = Object.entries(scenario.requesters).map(([name, r]) => [name, { ...r, reply: strategy }]);
  return { ...scenario, name: `${situation}-${strategy}`, requesters: Object.fromEntries(requesters) };
}

/** The known value of each cell of the table. A server or a version of the kit that differs shows in the result. */
export const expectedCells: Record<Situation, Record<LabReplyStrategy, Cell>> = JSON.parse(
  readFileSync(new URL("../../assets/compare.json", import.meta.url), "utf8"),
);
