// Tells a history as a story, one line for each event worth telling: live as they happen, or afterwards.
import { createColors } from "picocolors";
import type { HistoryEvent } from "../history/event.js";
import { Cast } from "./cast.js";
import { inWords, type Tone } from "./story-words.js";
import { columns, fold, pad, plain, seconds } from "./text.js";

export interface StoryOptions {
  /** Columns; 80 if left out. */
  width?: number;
  color?: boolean;
}

const timeWidth = 8;
const laneWidth = 8;

export class Story {
  readonly #cast = new Cast();
  readonly #width: number;
  readonly #paint: Record<Tone | "time" | "lane", (text: string) => string>;
  #start: number | undefined;

  constructor({ width = 80, color = false }: StoryOptions = {}) {
    const { bold, dim, green, yellow } = createColors(color);
    this.#width = width;
    this.#paint = { good: green, bad: yellow, quiet: dim, time: dim, lane: bold };
  }

  /** The line for one event, wrapped where it is too wide; undefined for an event not worth telling. */
  line(event: HistoryEvent): string | undefined {
    this.#start ??= event.t;
    this.#cast.learn(event);
    const words = inWords(event, this.#cast);
    if (words === undefined) return undefined;

    // Events of several processes may arrive out of order by a little: nothing is told from before the start.
    const time = seconds(Math.max(0, event.t - this.#start) / 1000).padStart(timeWidth);
    const lane = pad(plain(words.lane ?? event.actor).slice(0, 2 * laneWidth), laneWidth);
    const indent = columns(`${time}  ${lane} `);
    const paint = words.tone === undefined ? (text: string) => text : this.#paint[words.tone];
    const lines = fold(words.text, this.#width - indent).map(paint);
    return `${this.#paint.time(time)}  ${this.#paint.lane(lane)} ${lines.join(`\n${" ".repeat(indent)}`)}`;
  }
}

/** A whole history as a story. */
export function tell(events: readonly HistoryEvent[], options: StoryOptions = {}): string {
  return lines(events, options)
    .map((line) => `${line}\n`)
    .join("");
}

/** How much of a long story is told: how it begins, and how it ends. */
const [mostAtFirst, mostAtLast] = [60, 30];

/** A history as a story that somebody will read: of a long one, the middle is left out. */
export function tellBriefly(events: readonly HistoryEvent[], options: StoryOptions = {}): string {
  const all = lines(events, options);
  const left = all.length - mostAtFirst - mostAtLast;
  if (left <= 1) return all.map((line) => `${line}\n`).join("");
  const gap = `${" ".repeat(timeWidth)}  … ${left} more, which the history holds`;
  return [...all.slice(0, mostAtFirst), gap, ...all.slice(-mostAtLast)].map((line) => `${line}\n`).join("");
}

function lines(events: readonly HistoryEvent[], options: StoryOptions): string[] {
  const story = new Story(options);
  return events.map((event) => story.line(event)).filter((line) => line !== undefined);
}
