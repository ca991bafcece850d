// Trials as text: a line each, and how many of them held.
import stringWidth from "string-width";
import wrapAnsi from "wrap-ansi";
import type { TrialOutcome } from "./trial.js";

export const signs = { held: "✔", violated: "✘", unknown: "?", skipped: "-", failed: "✘" } as const;
export const words = {
  held: "held",
  violated: "violated",
  unknown: "inconclusive",
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

export function byLabel(outcomes: readonly TrialOutcome[]): Map<string, TrialOutcome[]> {
  const groups = new Map<string, TrialOutcome[]>();
  for (const outcome of outcomes) groups.set(outcome.label, [...(groups.get(outcome.label) ?? []), outcome]);
  return groups;
}

function groupLine(label: string, trials: readonly TrialOutcome[], column: number): string {
  const bad = trials.find(({ state }) => state !== "held");
  const state = (bad ?? (trials[0] as TrialOutcome)).state;
  const held = trials.filter((trial) => trial.state === "held").length;
  const times = trials.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)] as number;
  const count = trials.length === 1 ? "" : `  ${held} of ${trials.length}`;
  const padding = " ".repeat(column - stringWidth(label));
  return `${signs[state]} ${label}${padding}  ${words[state].padEnd(12)} ${seconds(median).padStart(7)}${count}`;
}

/** Why some of these runs did not hold. */
export const reasonLines = (trials: readonly TrialOutcome[], width: number): string[] =>
  reasons(trials).map((reason) => indented(reason, width));

/** Each reason once. */
function reasons(trials: readonly TrialOutcome[]): string[] {
  return [
    ...new Set(
      trials.flatMap(({ reason, result }) => (reason ? [withHistory(reason, result?.history)] : [])),
    ),
  ];
}

const withHistory = (reason: string, history: string | undefined) =>
  history ? `${reason}\n${history}` : reason;

const indented = (text: string, width: number) =>
  wrapAnsi(text, Math.max(20, width - 4), { hard: false })
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n");

export function summary(outcomes: readonly TrialOutcome[]): string {
  const counts = Object.entries(words).flatMap(([state, word]) => {
    const n = outcomes.filter((outcome) => outcome.state === state).length;
    return n > 0 ? [`${n} ${word}`] : [];
  });
  return `${outcomes.length} ${outcomes.length === 1 ? "run" : "runs"}: ${counts.join(", ")}`;
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
