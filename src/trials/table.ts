// Tables of trials: a line for each label, or a row for each combination of a sweep.
import stringWidth from "string-width";
import wrapAnsi from "wrap-ansi";
import { countWords } from "../history/counts.js";
import type { Counts } from "../history/result.js";
import type { TrialOutcome } from "./trial.js";

const signs = { held: "✔", violated: "✘", inconclusive: "?", skipped: "-", failed: "✘" } as const;
const words = {
  held: "held",
  violated: "violated",
  inconclusive: "inconclusive",
  skipped: "skipped",
  failed: "failed",
} as const;

/** Trials of one label are one line: `50 of 50`, with the median time. Everything that did not hold says why. */
export function trialsTable(outcomes: readonly TrialOutcome[], width: number): string {
  const groups = byLabel(outcomes);
  const column = Math.max(...[...groups.keys()].map((label) => stringWidth(label)));
  const lines = [...groups].flatMap(([label, trials]) => [
    groupLine(label, trials, column),
    ...reasonLines(trials, width),
  ]);
  return `${[...lines, "", summary(outcomes)].join("\n")}\n`;
}

export function trialLine({ label, state, reason, durationMs }: TrialOutcome): string {
  return `${signs[state]} ${label} ${words[state]} in ${seconds(durationMs)}${reason ? `: ${reason}` : ""}`;
}

function byLabel(outcomes: readonly TrialOutcome[]): Map<string, TrialOutcome[]> {
  const groups = new Map<string, TrialOutcome[]>();
  for (const outcome of outcomes) groups.set(outcome.label, [...(groups.get(outcome.label) ?? []), outcome]);
  return groups;
}

function groupLine(label: string, trials: readonly TrialOutcome[], column: number): string {
  const bad = trials.find(({ state }) => state !== "held");
  const state = (bad ?? (trials[0] as TrialOutcome)).state;
  const held = trials.filter((trial) => trial.state === "held").length;
  const median = medianOf(trials.map(({ durationMs }) => durationMs)) as number;
  const count = trials.length === 1 ? "" : `  ${held} of ${trials.length}`;
  const padding = " ".repeat(column - stringWidth(label));
  return `${signs[state]} ${label}${padding}  ${words[state].padEnd(12)} ${seconds(median).padStart(7)}${count}`;
}

/** Why some of these runs did not hold, each reason once, with the history of the run. */
function reasonLines(trials: readonly TrialOutcome[], width: number): string[] {
  const reasons = trials.flatMap(({ reason, result }) =>
    reason ? [result?.history ? `${reason}\n${result.history}` : reason] : [],
  );
  return [...new Set(reasons)].map((reason) =>
    wrapAnsi(reason, Math.max(20, width - 4), { hard: false }).replace(/^/gm, "    "),
  );
}

function summary(outcomes: readonly TrialOutcome[]): string {
  const counts = Object.entries(words).flatMap(([state, word]) => {
    const n = outcomes.filter((outcome) => outcome.state === state).length;
    return n > 0 ? [`${n} ${word}`] : [];
  });
  return `${outcomes.length} ${outcomes.length === 1 ? "run" : "runs"}: ${counts.join(", ")}`;
}

const medianOf = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

// The trials of one scenario as a table: a row for each combination of its settings, so that they can be compared.

type Group = readonly TrialOutcome[];

const countNames = Object.keys(countWords) as (keyof Counts)[];
const shownNames = Object.values(countWords);

/** Of several runs of one row: the worst verdict, the lowest and highest of each count, and medians of the percentiles. */
export function sweepTable(outcomes: readonly TrialOutcome[], width: number): string {
  const groups = [...byLabel(outcomes).values()];
  const paths = pathsOf(outcomes);
  const wide = rows(groups, paths, true);
  const fits = wide.every((cells) => stringWidth(line(cells, widths(wide))) <= width);
  const chosen = fits ? wide : rows(groups, paths, false);
  const columns = widths(chosen);
  const [head = [], ...body] = chosen;
  const lines = body.flatMap((cells, i) => [line(cells, columns), ...reasonLines(groups[i] as Group, width)]);
  const legend = fits ? [] : ["", `counts: ${shownNames.join("/")}`];
  return `${[line(head, columns), ...lines, ...legend, "", summary(outcomes)].join("\n")}\n`;
}

/** The same as cells, the first row its heads; undefined where these are not the combinations of one sweep. */
export function sweepCells(outcomes: readonly TrialOutcome[]): string[][] | undefined {
  const [first] = outcomes;
  if (!first?.settings || outcomes.some(({ scenario }) => scenario !== first.scenario)) return undefined;
  return rows([...byLabel(outcomes).values()], pathsOf(outcomes), true);
}

const pathsOf = (outcomes: readonly TrialOutcome[]) => (outcomes[0]?.settings ?? []).map(({ path }) => path);

function rows(groups: readonly Group[], paths: readonly string[], wide: boolean): string[][] {
  const repeated = groups.some((group) => group.length > 1);
  const timed = groups.some((group) => group.some(({ result }) => result?.latency));
  const head = [
    ...paths.map((path) => shortest(path, paths)),
    "verdict",
    ...(repeated ? ["held"] : []),
    ...(wide ? shownNames : ["counts"]),
    ...(timed ? ["p50 ms", "p99 ms"] : []),
  ];
  return [head, ...groups.map((group) => row(group, { repeated, timed, wide }))];
}

/** The last key of a path says enough, where no other path ends in it. */
function shortest(path: string, all: readonly string[]): string {
  const last = (text: string) => text.slice(text.lastIndexOf(".") + 1);
  return all.filter((other) => last(other) === last(path)).length > 1 ? path : last(path);
}

type Columns = Record<"repeated" | "timed" | "wide", boolean>;

function row(group: Group, { repeated, timed, wide }: Columns): string[] {
  const worst = group.find(({ state }) => state !== "held") ?? (group[0] as TrialOutcome);
  const held = group.filter(({ state }) => state === "held").length;
  const counts = countNames.map((name) => range(group.flatMap(({ result }) => result?.counts[name] ?? [])));
  return [
    ...(worst.settings ?? []).map(({ value }) => (typeof value === "string" ? value : JSON.stringify(value))),
    `${signs[worst.state]} ${words[worst.state]}`,
    ...(repeated ? [`${held} of ${group.length}`] : []),
    ...(wide ? counts : [counts.join("/")]),
    ...(timed ? [percentile(group, "p50"), percentile(group, "p99")] : []),
  ];
}

function range(values: readonly number[]): string {
  if (values.length === 0) return "-";
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return least === most ? `${least}` : `${least}..${most}`;
}

/** Of the slowest load; three figures say all that a latency can. */
function percentile(group: Group, name: "p50" | "p99"): string {
  const each = group.flatMap(({ result }) =>
    result?.latency ? [Math.max(...result.latency.map((load) => load[name]))] : [],
  );
  const median = medianOf(each);
  return median === undefined ? "-" : `${Number(median.toPrecision(3))}`;
}

const widths = (all: readonly string[][]) =>
  (all[0] ?? []).map((_, column) => Math.max(...all.map((cells) => stringWidth(cells[column] ?? ""))));

const line = (cells: readonly string[], columns: readonly number[]) =>
  cells
    .map((cell, i) => cell + " ".repeat((columns[i] as number) - stringWidth(cell)))
    .join("  ")
    .trimEnd();
