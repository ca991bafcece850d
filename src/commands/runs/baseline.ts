// `--baseline`: reads an earlier result, or that of a sweep, and prints what changed since.
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { jsonOf } from "../../history/read.js";
import { historyFormat } from "../../history/result.js";
import { InvalidInputError } from "../../protocol/errors.js";
import { type Baseline, baselineSchema, type Change, changesSince, changesText } from "../../report/baseline.js";
import { resultFile } from "../../runner/history-folder.js";

/** One entry for each combination of a sweep, by its label. */
type ByLabel = ReadonlyMap<string, Baseline>;

interface ReadBaseline {
  file: string;
  byLabel: ByLabel;
}

const one = baselineSchema.extend({ format: z.number() });
const several = z.object({
  format: z.number(),
  outcomes: z.array(z.object({ label: z.string(), result: one.exactOptional() })),
});

export function labelled(runs: readonly { label: string; result?: Baseline }[]): ByLabel {
  return new Map(runs.flatMap(({ label, result }) => (result ? [[label, result]] : [])));
}

/** @throws InvalidInputError for repeated runs: one result per combination is what can be compared. */
function refuseRepeats(labels: readonly string[], where: string): void {
  if (new Set(labels).size === labels.length) return;
  throw new InvalidInputError(
    `Expected --baseline with one run of each combination, got several in ${where}: use --repeat 1.`,
  );
}

/**
 * @param place a file that --json wrote, or a history's folder. A single result belongs to the only label.
 * @param labels of the runs to come.
 * @throws InvalidInputError
 */
export function baselineOf(place: string, scenario: string, labels: readonly string[]): ReadBaseline {
  refuseRepeats(labels, "this command");
  const { file, data } = documentAt(place);
  const { format } = (data ?? {}) as { format?: unknown };
  if (typeof format === "number" && format > historyFormat)
    throw new InvalidInputError(
      `${file} is a result of format ${format}, and this jsrr reads format ${historyFormat}: use a newer jsrr.`,
    );
  const many = several.safeParse(data);
  const read = one.safeParse(data);
  if (!many.success && !read.success)
    throw new InvalidInputError(
      `Expected --baseline to be the result of a run, as \`jsrr scenario --json\` prints it, got something else in ${file}.`,
    );
  if (many.success)
    refuseRepeats(
      many.data.outcomes.map(({ label }) => label),
      file,
    );
  const [label = "", ...others] = labels;
  if (read.success && others.length > 0)
    throw new InvalidInputError(
      `${file} is the result of one run, and this is a sweep of ${others.length + 1} combinations: give --baseline what --json prints of a sweep, or choose one with --set.`,
    );
  const byLabel = many.success ? labelled(many.data.outcomes) : new Map([[label, read.data as Baseline]]);
  const strangers = [...byLabel.values()].filter((one) => one.scenario !== scenario);
  if (strangers[0])
    throw new InvalidInputError(
      `Expected --baseline to be a result of the scenario ${scenario}, got one of ${strangers[0].scenario}: ${file}`,
    );
  if (!labels.some((one) => byLabel.has(one)))
    throw new InvalidInputError(`Nothing in ${file} can be held against ${labels[0]}: no run of it has a result.`);
  return { file, byLabel };
}

function documentAt(place: string): { file: string; data: unknown } {
  try {
    const file = statSync(place).isDirectory() ? join(place, resultFile) : place;
    return { file, data: jsonOf(readFileSync(file, "utf8")) };
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    const why = missing ? "there is none" : (cause as Error).message;
    throw new InvalidInputError(`Expected --baseline to be a result or a history's folder, got ${place}: ${why}.`, {
      cause,
    });
  }
}

/** @returns whether the runs are worse than the baseline. */
export function printChanges(
  now: ByLabel,
  { file, byLabel }: ReadBaseline,
  tolerance: number,
  print: (text: string) => void,
): boolean {
  const changes = [...now].flatMap(([label, result]): Change[] => {
    const before = byLabel.get(label);
    const found = before ? changesSince(before, result, tolerance) : [{ text: "not run before", regression: false }];
    // Every label begins with the name of the scenario.
    const of = now.size > 1 ? `${label.slice(result.scenario.length + 1)}: ` : "";
    return found.map(({ text, regression }) => ({ text: of + text, regression }));
  });
  print(`\n${changesText(changes, file, tolerance)}`);
  return changes.some(({ regression }) => regression);
}
