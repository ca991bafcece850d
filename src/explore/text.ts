// The result of an exploration as text and as JSON.
import wrapAnsi from "wrap-ansi";
import { count } from "../common/plural.js";
import { experimentStates } from "./experiment.js";
import type { Exploration, Progress } from "./explore.js";
import type { Found } from "./found.js";

/** `without-effect` in words. */
export const stateText = (state: string) => state.replace("-", " ");

/** `120/200 runs, 1.4/s, 40 s left; 100 held, 20 without effect; 1 found; shrinks no-lost-replies of seed 7`. */
export function progressText(progress: Progress, { runs, forMs }: { runs: number; forMs?: number }): string {
  const { states, durationMs, found, coverage, doing } = progress;
  const done = drawn(progress);
  const perSecond = done / Math.max(1, durationMs / 1000);
  const byRuns = perSecond > 0 ? (runs - done) / perSecond : undefined;
  const byTime = forMs === undefined ? undefined : Math.max(0, (forMs - durationMs) / 1000);
  const left = Math.min(byRuns ?? Number.POSITIVE_INFINITY, byTime ?? Number.POSITIVE_INFINITY);
  const parts = [
    `${done}/${count(runs, "run")}, ${perSecond.toFixed(1)}/s${Number.isFinite(left) ? `, ${Math.ceil(left)} s left` : ""}`,
    statesText(states),
    `${count(coverage.seen.size, "pair")}, ${found.length} found`,
    doing,
  ];
  return parts.filter((part) => part !== "").join("; ");
}

export const drawn = ({ states }: Exploration) => experimentStates.reduce((sum, state) => sum + states[state], 0);

const statesText = (states: Exploration["states"]) =>
  experimentStates.flatMap((state) => (states[state] > 0 ? [`${states[state]} ${stateText(state)}`] : [])).join(", ");

/** Why it is one: as often as it was seen in the runs that confirmed it. */
export const shownText = ({ shown }: Found) =>
  shown.times === 0 ? `not again in ${count(shown.of, "run")}` : `in ${shown.times} of ${count(shown.of, "run")}`;

/** For a terminal of this width. */
export function explorationText(result: Exploration, width: number): string {
  const { seed, runs, durationMs, found, states, coverage, reasons } = result;
  const lines = found.flatMap((one) => [
    `✘ ${one.check}  seed ${one.seed}, ${shownText(one)}, ${count(one.steps, "step")}${one.shrunk ? "" : ", not shrunk"}`,
    wrapAnsi(one.detail, Math.max(20, width - 4)).replace(/^/gm, "    "),
    `    jsrr scenario ${one.file}`,
  ]);
  const why = [...reasons].map(([reason, n]) =>
    wrapAnsi(`${n} × ${reason}`, Math.max(20, width - 4)).replace(/^/gm, "    "),
  );
  const summary = [
    `${count(drawn(result), "experiment")} from seed ${seed}: ${statesText(states) || "none"}`,
    ...why,
    `${count(runs, "run")} in ${(durationMs / 1000).toFixed(1)} s, ${count(coverage.seen.size, "pair")} of event and fault`,
    found.length === 0 ? "Nothing was found." : `${count(found.length, "violation")} found.`,
  ];
  return `${[...lines, ...(lines.length > 0 ? [""] : []), ...summary].join("\n")}\n`;
}

export function explorationJson({ coverage, reasons, ...rest }: Exploration) {
  return { format: 1, ...rest, pairs: Object.fromEntries(coverage.seen), reasons: Object.fromEntries(reasons) };
}
