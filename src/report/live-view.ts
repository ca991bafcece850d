// The picture of a run that is going on: its step, its queues, a lane for each actor, and what happened last. Pure.
import { createColors } from "picocolors";
import { type Lane, type LiveState, type Queue, signs } from "./live-state.js";
import type { Tone } from "./story-words.js";
import { columns, cut, pad, plain, prose, seconds } from "./text.js";

export interface LiveOptions {
  /** Of the terminal; 80 if left out. No line fills the last one, so that none wraps. */
  columns?: number;
  /** Since the first event; the latest event's if left out. */
  ms?: number;
  color?: boolean;
}

const labelWidth = 9;
const mostLanes = 8;

/** Never more than 21 lines: the smallest usual terminal has 24. */
export function liveView(
  state: LiveState,
  { ms = state.ms, color = false, ...options }: LiveOptions = {},
): string {
  const width = Math.max(40, options.columns ?? 80) - 1;
  const paint = painter(color);
  const lanes = [...state.lanes.values()];
  const scale = { span: spanFor(ms), now: ms, cells: width - labelWidth };
  const lines = [
    heading(state, ms, width, paint),
    paint.quiet(cut(prose(state.scenario.question), width)),
    "",
    queues([state.requests, state.replies], width, paint),
    "",
    ...lanes.slice(0, mostLanes).map((lane) => laneLine(lane, scale, paint)),
    ...(lanes.length > mostLanes ? [paint.quiet(`and ${lanes.length - mostLanes} more`)] : []),
    paint.quiet(axis(scale)),
    paint.quiet(cut(" ".repeat(labelWidth) + legend(lanes), width)),
    "",
    ...state.recent.map(({ ms: at, lane, words }) => {
      const head = `${seconds(at).padStart(8)}  ${pad(cut(lane, 8), 8)} `;
      const text = cut(words.text, width - columns(head));
      return head + (words.tone === undefined ? text : paint[words.tone](text));
    }),
  ];
  return lines.join("\n");
}

type Paint = Record<Tone | "bold", (text: string) => string>;

function painter(color: boolean): Paint {
  const { bold, dim, green, yellow } = createColors(color);
  return { bold, good: green, bad: yellow, quiet: dim };
}

function heading({ scenario, step }: LiveState, ms: number, width: number, { bold }: Paint): string {
  const time = seconds(ms);
  const room = width - columns(time) - 2;
  const at =
    step === undefined
      ? "setting up"
      : `step ${step.number} of ${scenario.steps.length}: ${step.kind} (line ${step.line})`;
  const name = plain(scenario.name);
  const left = cut(`${name}  ${at}`, room);
  const gap = " ".repeat(width - columns(left) - columns(time));
  return `${bold(left.slice(0, name.length))}${left.slice(name.length)}${gap}${time}`;
}

/** Side by side, each with its name, a bar and its number. */
function queues(all: readonly Queue[], width: number, paint: Paint): string {
  const each = Math.floor((width - 2) / all.length);
  return all.map((queue) => bar(queue, each, paint)).join("  ");
}

/** One block for a message as long as there is room, then in proportion to the most there ever was. */
function bar({ stream, waiting, peak }: Queue, width: number, { bold, quiet }: Paint): string {
  const name = pad(cut(plain(stream), 12), labelWidth - 1);
  const number = String(waiting).padStart(5);
  const room = Math.max(4, width - columns(name) - number.length - 1);
  const share = peak <= room ? waiting : Math.ceil((waiting / peak) * room);
  return `${bold(name)} ${"█".repeat(share)}${quiet("·".repeat(room - share))}${number}`;
}

interface Scale {
  /** Milliseconds from the first cell to the last. */
  span: number;
  now: number;
  cells: number;
}

/** Grows in strides, so that the marks do not creep with every frame. */
function spanFor(ms: number): number {
  let span = 2_000;
  while (span < ms) span *= 2;
  return span;
}

const cellOf = (ms: number, { span, cells }: Scale) => Math.min(cells - 1, Math.floor((ms / span) * cells));

function laneLine({ name, lives, marks }: Lane, scale: Scale, paint: Paint): string {
  const cells: string[] = Array(scale.cells).fill(" ");
  for (const { from, to = scale.now } of lives) {
    cells.fill(paint.quiet("─"), cellOf(from, scale), cellOf(to, scale) + 1);
  }
  const bad = new Set<number>();
  for (const { ms, sign, tone } of marks) {
    const at = cellOf(ms, scale);
    if (bad.has(at) && tone !== "bad") continue; // a loss is not hidden by what came next
    if (tone === "bad") bad.add(at);
    cells[at] = tone === "quiet" ? sign : paint[tone](sign);
  }
  return `${paint.bold(pad(cut(plain(name), labelWidth - 1), labelWidth))}${cells.join("").trimEnd()}`;
}

function axis({ span, cells }: Scale): string {
  const end = `${span / 1000} s`;
  return `${" ".repeat(labelWidth)}0${end.padStart(cells - 1)}`;
}

/** Only the signs that are in the picture. */
function legend(lanes: readonly Lane[]): string {
  const shown = new Set(lanes.flatMap((lane) => lane.marks.map(({ sign }) => sign)));
  return Object.values(signs)
    .filter(([sign]) => shown.has(sign))
    .map(([sign, meaning]) => `${sign} ${meaning}`)
    .join("  ");
}
