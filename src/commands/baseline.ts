// `--baseline`: reads an earlier result, and tells what changed since.
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { historyFormat, type RunResult } from "../history/result.js";
import { InvalidInput } from "../protocol/errors.js";
import { asBaseline, type Baseline, changesSince, changesText } from "../report/baseline.js";
import { resultFile } from "../runner/history-folder.js";

export interface ReadBaseline extends Baseline {
  /** The file it was read from. */
  file: string;
}

const verdict = z.enum(["held", "violated", "unknown"]);
const count = z.number();

/** Keys that it does not name are left out: results gain keys without a new format. */
const shape = z.object({
  format: z.number(),
  scenario: z.string(),
  verdict,
  expectations: z.array(z.object({ path: z.string(), expected: z.union([z.string(), z.number()]), verdict })),
  checks: z.array(z.object({ name: z.string(), verdict, expected: verdict })),
  counts: z.object({ requested: count, stored: count, executed: count, replied: count, collected: count }),
  latency: z.array(z.object({ as: z.string(), p50: count, p90: count, p99: count })).exactOptional(),
});

/** `place`: a file that --json wrote, or a history's folder. @throws InvalidInput */
export function baselineOf(place: string, scenario: string): ReadBaseline {
  const { file, data } = documentAt(place);
  const { format } = (data ?? {}) as { format?: unknown };
  if (typeof format === "number" && format > historyFormat)
    throw new InvalidInput(
      `${file} is a result of format ${format}, and this jsrr reads format ${historyFormat}: use a newer jsrr.`,
    );
  const read = shape.safeParse(data);
  if (!read.success)
    throw new InvalidInput(
      `Expected --baseline to be the result of a run, as \`jsrr scenario --json\` prints it, got something else in ${file}.`,
    );
  if (read.data.scenario !== scenario)
    throw new InvalidInput(
      `Expected --baseline to be a result of the scenario ${scenario}, got one of ${read.data.scenario}: ${file}`,
    );
  return { ...read.data, file };
}

function documentAt(place: string): { file: string; data: unknown } {
  try {
    const file = statSync(place).isDirectory() ? join(place, resultFile) : place;
    return { file, data: jsonOf(readFileSync(file, "utf8")) };
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    const why = missing ? "there is none" : (cause as Error).message;
    throw new InvalidInput(
      `Expected --baseline to be a result or a history's folder, got ${place}: ${why}.`,
      {
        cause,
      },
    );
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether it is worse. */
export function tellChanges(
  result: RunResult,
  baseline: ReadBaseline,
  tolerance: number,
  tell: (text: string) => void,
): boolean {
  const changes = changesSince(baseline, asBaseline(result), tolerance);
  tell(`\n${changesText(changes, baseline.file, tolerance)}`);
  return changes.some(({ regression }) => regression);
}
