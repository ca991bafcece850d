// Story layout: the lines of a story, live or afterwards: time, lane, text, and what a long story leaves out.
import { createColors } from "picocolors";
import type { HistoryEvent } from "../history/event.js";
import { isAsked } from "../history/select.js";
import { storyText } from "./event-text.js";
import type { Tone } from "./events/entry.js";
import { RunNames } from "./run-names.js";
import { columns, fold, type LayoutOptions, pad, plain, seconds } from "./text-layout.js";

export type StoryOptions = LayoutOptions;

/** A whole history as a story. */
export function renderStory(events: readonly HistoryEvent[], options: StoryOptions = {}): string {
  const story = new Story(options);
  const lines = events.flatMap((event) => story.line(event) ?? []);
  return lines.map((line) => `${line}\n`).join("");
}

/** How many lines of a long story are shown: of its beginning, and of its end. */
const [mostAtFirst, mostAtLast] = [60, 30];

/** The same for a report: of a long story the middle is left out. */
export function renderStoryExcerpt(events: readonly HistoryEvent[], options: StoryOptions = {}): string {
  const [names, loads] = [new RunNames(), new LoadProgress()];
  const worthALine = events.filter((event) => {
    names.learn(event);
    loads.learn(event);
    return loads.suffix(event) !== undefined && storyText(event, names) !== undefined;
  });
  const left = worthALine.length - mostAtFirst - mostAtLast;
  if (left <= 1) return renderStory(events, options);
  const shown = new Set([...worthALine.slice(0, mostAtFirst), ...worthALine.slice(-mostAtLast)]);
  const story = new Story(options);
  // Setting a line takes far longer than learning from it: only what is shown is set.
  const lines = events.flatMap((event) => (shown.has(event) ? story.line(event) : story.learn(event)) ?? []);
  lines.splice(mostAtFirst, 0, `${" ".repeat(timeWidth)}  … ${left} more, which the history holds`);
  return lines.map((line) => `${line}\n`).join("");
}

const timeWidth = 8;
const laneWidth = 8;

/** Lines for events as they come. */
export class Story {
  readonly #names = new RunNames();
  readonly #loads = new LoadProgress();
  readonly #width: number;
  readonly #paint: Record<Tone | "time" | "lane", (text: string) => string>;
  #start: number | undefined;

  constructor({ width = 80, color = false }: StoryOptions = {}) {
    const { bold, dim, green, yellow } = createColors(color);
    this.#width = width;
    this.#paint = { good: green, bad: yellow, quiet: dim, time: dim, lane: bold };
  }

  /** For an event whose line is not wanted. */
  learn(event: HistoryEvent): undefined {
    this.#start ??= event.t;
    this.#names.learn(event);
    this.#loads.learn(event);
  }

  /** The line for one event, wrapped where it is too wide; undefined for an event that has none. */
  line(event: HistoryEvent): string | undefined {
    this.learn(event);
    const story = storyText(event, this.#names);
    const suffix = this.#loads.suffix(event);
    if (story === undefined || suffix === undefined) return undefined;

    // Events of several processes may arrive out of order by a little: no time is before the start.
    const time = seconds(Math.max(0, event.t - (this.#start ?? event.t)) / 1000).padStart(timeWidth);
    const lane = pad(plain(story.lane ?? event.actor).slice(0, 2 * laneWidth), laneWidth);
    const indent = columns(`${time}  ${lane} `);
    const paint = story.tone === undefined ? (text: string) => text : this.#paint[story.tone];
    const lines = fold(story.text + suffix, this.#width - indent).map(paint);
    return `${this.#paint.time(time)}  ${this.#paint.lane(lane)} ${lines.join(`\n${" ".repeat(indent)}`)}`;
  }
}

interface Load {
  as: string;
  count: number;
  /** How many of its events of each kind there were. */
  seen: Map<string, number>;
}

/** Of several replies each part comes as often as there are requests. */
const kindOf = (event: HistoryEvent) => ("part" in event ? `${event.type} ${event.part}` : event.type);

/** The requests of a load do the same things many times: the story shows the first, and the last with its number. */
class LoadProgress {
  readonly #loads = new Map<string, Load>();
  readonly #loadOf = new Map<string, Load>();

  /** Call it once with each event, in their order. */
  learn(event: HistoryEvent): void {
    if (event.type === "load-started") {
      const before = this.#loads.get(event.as);
      const seen = before?.seen ?? new Map<string, number>();
      this.#loads.set(event.as, { as: event.as, count: event.count + (before?.count ?? 0), seen });
    }
    if (!("request" in event)) return;
    if (isAsked(event)) this.#enlist(event.request, event.as);
    const seen = this.#loadOf.get(event.request)?.seen;
    seen?.set(kindOf(event), (seen.get(kindOf(event)) ?? 0) + 1);
  }

  /** After the line of an event just learnt: `""`, or ` (60 of 60)` for the last of a load; undefined leaves the line out. */
  suffix(event: HistoryEvent): string | undefined {
    const load = "request" in event ? this.#loadOf.get(event.request) : undefined;
    if (load === undefined || load.count === 1) return "";
    const n = load.seen.get(kindOf(event)) ?? 0;
    if (n === 1) return ` (first of ${load.count})`;
    return n === load.count ? ` (${n} of ${load.count})` : undefined;
  }

  #enlist(request: string, as: string | undefined): void {
    const load = as === undefined ? undefined : this.#loads.get(as);
    if (load) this.#loadOf.set(request, load);
  }
}
